// Of the bot with --bot, of the judgement with --judgement, else of the sync.
const kind = ['bot', 'judgement'].find((name) => process.argv.includes(`--${name}`));
await import(kind ? `./${kind}/bench.ts` : './sync.ts');
