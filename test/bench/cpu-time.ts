import { readdir, readFile } from 'node:fs/promises';
import { platform } from 'node:os';

/** Linux counts in hundredths of a second here (USER_HZ). */
const tickUs = 10_000;

/**
 * The CPU time in µs, user and system, of a process without threads and of all that it has started, those that have ended
 * included; null where there is no /proc.
 */
export async function cpuUsOf(pid: number): Promise<number | null> {
  if (platform() !== 'linux') return null;
  const own = await statOf(pid);
  const others = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statOf));
  const children = others.filter((other) => other?.parent === pid);
  const running = [own, ...children].reduce((sum, one) => sum + (one?.us ?? 0), 0);
  return running + (own?.endedUs ?? 0);
}

/** What a process takes, with all its threads: CPU time in µs up to now, and memory; null where there is no /proc. */
export async function usageOf(pid: number): Promise<{ cpuUs: number; rssMb: number } | null> {
  if (platform() !== 'linux') return null;
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  const [user = 0, system = 0] = fieldsOf(stat).slice(11, 13);
  return { cpuUs: (user + system) * tickUs, rssMb: Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024 };
}

type Stat = { parent: number; us: number; endedUs: number };

/** Null for one that has just ended. */
async function statOf(pid: number | string): Promise<Stat | null> {
  try {
    const [stat, schedule] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/schedstat`, 'utf8'),
    ]);
    const fields = fieldsOf(stat);
    const [parent = 0, childrenUser = 0, childrenSystem = 0] = [fields[1], fields[13], fields[14]];
    return { parent, us: Number(schedule.split(' ')[0]) / 1000, endedUs: (childrenUser + childrenSystem) * tickUs };
  } catch {
    return null;
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: after the name in brackets stand state, parent and so on. */
function fieldsOf(stat: string): number[] {
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}
