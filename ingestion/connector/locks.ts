/** The lock of whatever is done to a connector, by its id: one thing at a time, by jobs and by whoever changes it. */
export const connectorLock = (id: string) => `connector:${id}`;

/** The lock of whoever brings a vault to what the store says of the secret with this name. */
export const secretLock = (name: string) => `secret:${name}`;
