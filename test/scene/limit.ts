/** What has not happened after so long will not: far more than it takes on a machine that is busy with other things. */
export const limitMs = 120_000;
