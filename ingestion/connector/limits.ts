const minute = 60_000;

/** A new role takes effect within this time, so that a refused upload means waiting. */
export const roleDelayMs = 30 * minute;
/** The ingestion endpoint knows a new rule, and its streams, within this time. */
export const ruleDelayMs = 15 * minute;
/** The first rows appear within this time. */
export const firstDataMs = 30 * minute;
/** Accepted rows are visible within this time. */
export const visibleWithinMs = 15 * minute;
