export const queues = ['provision', 'sync', 'remove', 'update', 'look', 'report', 'deliver', 'clear'] as const;
export type Queue = (typeof queues)[number];

/** One piece of background work: what, on which connector, workspace (its ARM id), post, or secret in a vault. */
export type WorkItem = { queue: Queue; key: string };

const onConnector = new Set<Queue>(['provision', 'sync', 'remove']);

/** The name under which one process alone works on a piece: whatever is done to a connector is done one thing at a time. */
export const lockName = ({ queue, key }: WorkItem) => `${onConnector.has(queue) ? 'connector' : queue}:${key}`;
