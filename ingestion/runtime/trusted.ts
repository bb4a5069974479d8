import { statSync } from 'node:fs';

const writableByOthers = 0o022;
/** In such a directory everybody may make files, and nobody may change those of others. */
const sticky = 0o1000;

/**
 * What is wrong with a file or directory on which this process, of the user `own`, relies: somebody else than it and root may change it. A sentence
 * that names it and what to do; null when nothing is, and where files have no owners. Throws when it can't be looked at.
 */
export function ownershipFault(path: string, own = process.getuid?.()): string | null {
  if (own === undefined) return null;
  const stats = statSync(path);
  const { uid, mode } = stats;
  if (uid !== own && uid !== 0)
    return `${path} belongs to another user (${uid}), who could change it: give it to the user that runs Patchbay (${own}).`;
  const isShared = (mode & writableByOthers) !== 0 && !(stats.isDirectory() && (mode & sticky) !== 0);
  return isShared
    ? `${path} can be written by others (mode ${(mode & 0o7777).toString(8)}): take that right from them (chmod go-w).`
    : null;
}
