/** How long a computation takes of the processor, in milliseconds: what else the machine is busy with does not count. */
export function cpuMsOf(compute: () => void): number {
  const began = process.threadCpuUsage();
  compute();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}
