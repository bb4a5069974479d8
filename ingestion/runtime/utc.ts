// node-cron reckons in the process's own zone, whatever zone its options name: in the hour that comes twice when clocks go
// back, it would wait for that hour to be over (4.6.0: it cuts the milliseconds off with Date's local setters). So this
// process has no other zone than UTC. Times are shown in their readers' zones by Teams.
process.env.TZ = 'UTC';
