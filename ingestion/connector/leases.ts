/** The lease of whatever is done to a connector, by its id: one thing at a time, by jobs and by whoever changes it. */
export const connectorLease = (id: string) => `connector:${id}`;

/** The lease of whoever brings a vault to what the store says of the secret with this name. */
export const secretLease = (name: string) => `secret:${name}`;
