/** A connector that is not deleted, and why. */
export type NotDeleted = { name: string | null; why: string };

/** What is said of several connectors that are to be deleted at once. Plain text. */
export const deletionSentences = {
  title: (count: number) => (count === 1 ? 'Delete 1 connector' : `Delete ${count} connectors`),
  /** What is to be typed, in lower case. */
  confirm: (count: number) => `delete ${count}`,
  typeCount: (count: number) => `Nothing was deleted yet. Type “delete ${count}” to delete exactly those listed here.`,
  none: (mayNot: NotDeleted[]) =>
    mayNot.length === 0
      ? 'These connectors do not exist any more.'
      : `Nothing was deleted. ${mayNot.map(reasonOf).join(' ')}`,
  done: (each: { name: string; why: string | null }[]) => {
    const gone = each.filter(({ why }) => why === null).map(({ name }) => name);
    const kept = each.flatMap(({ name, why }) => (why === null ? [] : [reasonOf({ name, why })]));
    const removing =
      gone.length > 0
        ? [
            `Removing ${gone.join(', ')}: their data collection rules and stored keys go, the tables and their data stay.`,
          ]
        : [];
    return [...removing, ...(kept.length > 0 ? [`Not deleted: ${kept.join(' ')}`] : [])].join(' ');
  },
};

function reasonOf({ name, why }: NotDeleted): string {
  return `${name}: ${why}`;
}
