// Of the bot with --bot, else of the sync.
await import(process.argv.includes('--bot') ? './bot/bench.ts' : './sync.ts');
