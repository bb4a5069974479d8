// `npm run chaos` is about events; with --alerts, about what people are told.
await import(process.argv.includes('--alerts') ? './alert-chaos.ts' : './chaos.ts');
