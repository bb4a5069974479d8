import type pg from 'pg';

/** Each entry runs once, in order, in a transaction of its own. Entries are never edited after a release: add one. */
export const migrations: readonly string[] = [
  `
  create table connectors (
    id uuid primary key,
    tenant_id text not null,
    name text not null,
    domain text not null,
    created_at timestamptz not null,
    due_at timestamptz not null,
    wish text not null default 'run',
    settings jsonb not null,
    build jsonb not null,
    standing jsonb not null,
    sight jsonb,
    reported text,
    reported_at timestamptz
  );
  create unique index connectors_name on connectors (tenant_id, lower(name));
  create index connectors_due on connectors (due_at);
  create index connectors_workspace on connectors (lower(settings->'workspace'->>'id'), reported_at);

  create table checkpoints (
    connector_id uuid primary key references connectors on delete cascade,
    version bigint not null default 0,
    next_url text,
    since timestamptz not null,
    newest timestamptz,
    sent_events bigint not null default 0,
    sent_bytes bigint not null default 0,
    doubtful_events bigint not null default 0,
    refused_events bigint not null default 0,
    chunk_bytes int
  );

  create table statistics (
    connector_id uuid not null references connectors on delete cascade,
    bucket timestamptz not null,
    events bigint not null,
    bytes bigint not null,
    okta_calls int not null,
    azure_calls int not null,
    retries int not null,
    repeated int not null,
    refused int not null,
    delays bigint[] not null,
    primary key (connector_id, bucket)
  );
  create index statistics_bucket on statistics (bucket);

  create table budgets (
    domain text primary key,
    taken int not null,
    most int not null default 1000000,
    ends_at timestamptz not null,
    closed_until timestamptz not null default '-infinity'
  );

  create table quarantine (
    id bigint generated always as identity primary key,
    connector_id uuid not null references connectors on delete cascade,
    uuid text not null,
    published text not null,
    reason text not null,
    event bytea not null,
    hash bytea not null,
    at timestamptz not null,
    unique (connector_id, hash)
  );

  create table delivered (
    id bigint generated always as identity primary key,
    connector_id uuid not null references connectors on delete cascade,
    keys bytea not null
  );
  -- Random bytes: to try to compress them would only cost time.
  alter table delivered alter column keys set storage external;
  create index delivered_connector on delivered (connector_id, id);

  create table secrets (
    id uuid primary key,
    sealed bytea,
    created_at timestamptz not null,
    -- Or a secret in a vault: written before the vault is asked, the version when it has answered.
    vault text,
    name text,
    version text,
    -- Nobody needs it any more, and it is to go from the vault.
    forgotten_at timestamptz,
    due_at timestamptz,
    attempts int not null default 0,
    check (sealed is null <> (name is null))
  );
  create index secrets_name on secrets (name);
  create index secrets_due on secrets (due_at) where forgotten_at is not null;

  create table drafts (
    id uuid primary key,
    tenant_id text not null,
    user_id text not null,
    conversation_id text not null,
    answers jsonb not null,
    key_id uuid,
    expires_at timestamptz not null,
    connector_id uuid
  );

  create table conversations (
    id text primary key,
    tenant_id text not null,
    kind text not null,
    team_id text,
    name text not null,
    reference jsonb not null,
    alerts boolean not null default false,
    gone text,
    seen_at timestamptz not null
  );

  create table incidents (
    id uuid primary key,
    connector_id uuid not null references connectors on delete cascade,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    problem jsonb not null,
    reasons text[] not null
  );
  create unique index incidents_open on incidents (connector_id) where resolved_at is null;

  create table posts (
    id uuid primary key,
    connector_id uuid not null references connectors on delete cascade,
    incident_id uuid references incidents on delete cascade,
    conversation_id text not null,
    activity_id text,
    version bigint not null default 1,
    shown_version bigint not null default 0,
    attempts int not null default 0,
    due_at timestamptz not null,
    gone text
  );
  create unique index posts_incident on posts (incident_id, conversation_id) where incident_id is not null;
  create index posts_due on posts (due_at) where shown_version < version and gone is null;

  create table health_rules (
    id text primary key,
    workspace jsonb not null,
    rule jsonb,
    made_at timestamptz,
    looked_at timestamptz,
    sent_at timestamptz,
    problem jsonb,
    attempts int not null default 0,
    due_at timestamptz not null default '-infinity'
  );

  create table health_records (
    id uuid primary key,
    workspace_id text not null references health_rules on delete cascade,
    at timestamptz not null,
    hourly boolean not null,
    record jsonb not null
  );
  create index health_records_workspace on health_records (workspace_id, at);

  create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    tenant_id text not null,
    actor_id text not null,
    actor_name text not null,
    action text not null,
    target text not null,
    result text not null,
    conversation_id text,
    activity_id text
  );

  create table seen_activities (
    conversation_id text not null,
    activity_id text not null,
    at timestamptz not null,
    primary key (conversation_id, activity_id)
  );
  `,
  `
  -- The words of before 0.1.0 give way to the field's own.
  alter table connectors rename column wish to desired;
  alter table connectors rename column build to provisioning;
  alter table connectors rename column standing to status;
  alter table connectors rename column sight to observation;
  alter table checkpoints rename column doubtful_events to possibly_duplicated_events;
  alter table posts rename to outbox;
  alter index posts_incident rename to outbox_incident;
  alter index posts_due rename to outbox_due;
  update connectors set
    provisioning = provisioning - 'late' || jsonb_build_object('failedUpgrade', provisioning->'late'),
    status = replace(replace(replace(replace(status::text,
      '"lastBeatAt":', '"lastPollAt":'), '"busyBeats":', '"busyPolls":'), '"beats":', '"polls":'), '"traffic":', '"usualSilence":')::jsonb;
  update health_records set record = record - 'trouble' - 'lastBeatAt'
    || jsonb_build_object('problem', record->'trouble', 'lastPollAt', record->'lastBeatAt');
  `,
  `
  -- One connector of ten thousand is found, and a page of them listed worst first, without reading the others.
  do $do$
  begin
    if exists (select from pg_collation where collname = 'und-x-icu') then
      create function folded(text) returns text immutable strict parallel safe language sql
        as $sql$ select lower($1 collate "und-x-icu") $sql$;
    else
      create function folded(text) returns text immutable strict parallel safe language sql as $sql$ select lower($1) $sql$;
    end if;
  end $do$;
  drop index connectors_name;
  create unique index connectors_name on connectors (tenant_id, folded(name) text_pattern_ops);
  alter table connectors add column rank smallint generated always as (
    case when desired <> 'pause' and provisioning->'problem' <> 'null' then 0
         when desired = 'delete' then 2
         when status->>'health' = 'error' then 0
         when status->>'health' = 'warning' then 1
         else 2 end) stored;
  create index connectors_worst on connectors (tenant_id, rank, folded(name));
  create index incidents_latest on incidents (connector_id, opened_at);
  alter table audit add column connector_id uuid;
  create index audit_connector on audit (connector_id, id) where connector_id is not null;
  create index audit_tenant on audit (tenant_id, id);
  -- Who wants it tried again, until that has been done.
  alter table connectors add column retried jsonb;
  `,
  `
  -- A card has a kind, and what is known of its posts: one is noted before it is made, because its answer may be lost.
  alter table outbox add kind text;
  update outbox set kind = case when incident_id is null then 'progress' else 'incident' end;
  alter table outbox
    alter kind set not null,
    alter connector_id drop not null,
    add subject jsonb,
    add created_at timestamptz not null default now(),
    add attempted_at timestamptz,
    add unknown_posts int not null default 0,
    add posted boolean not null default false,
    add copies text[] not null default '{}',
    add instead_of text,
    add merged_into uuid references outbox on delete set null;
  update outbox set posted = true where activity_id is not null;
  alter table outbox alter created_at drop default;
  drop index outbox_incident;
  create unique index outbox_incident on outbox (incident_id, conversation_id) where kind = 'incident';
  create index outbox_followed on outbox (incident_id) where incident_id is not null;
  create index outbox_connector on outbox (connector_id);
  create index outbox_conversation on outbox (conversation_id);
  create index outbox_merged on outbox (merged_into) where merged_into is not null;
  `,
  `
  -- A connector may rest, and an incident be closed by what somebody did.
  alter table connectors add column pause jsonb;
  alter table incidents add column closing jsonb;
  `,
  `
  alter table incidents
    add column began_at timestamptz,
    add column missing jsonb,
    add column told jsonb not null default '{}',
    add column acknowledged jsonb,
    add column snoozed jsonb,
    add column reminders int not null default 0,
    add column due_at timestamptz;
  update incidents set began_at = least(opened_at, to_timestamp((problem->>'since')::bigint / 1000.0));
  alter table incidents alter column began_at set not null;
  create index incidents_due on incidents (due_at) where resolved_at is null;
  alter table connectors add column muted jsonb;
  alter table conversations
    add column filter jsonb,
    add column quiet jsonb,
    add column muted jsonb;
  create table digests (
    conversation_id text primary key,
    tenant_id text not null,
    time text not null,
    zone text not null,
    due_at timestamptz not null
  );
  `,
  `
  -- Whose personal chat it is, so that a person can be told.
  alter table conversations add column person_id text;
  create index conversations_person on conversations (tenant_id, person_id) where person_id is not null;
  `,
  `
  -- What older connectors bring to a workspace of the events that ours bring, looked up once a day.
  create table older_feeds (
    workspace_id text primary key,
    due_at timestamptz not null,
    looked_at timestamptz,
    found jsonb not null default '[]'
  );
  create index older_feeds_due on older_feeds (due_at);
  insert into older_feeds (workspace_id, due_at)
    select distinct lower(settings->'workspace'->>'id'), now() from connectors;
  `,
  `
  -- The oldest activities, and the places that are told of incidents, are found without reading all.
  create index seen_activities_at on seen_activities (at);
  create index conversations_told on conversations (tenant_id) where alerts or quiet is not null or muted is not null;
  `,
  `
  -- Who feeds a workspace with an org's events is asked with every status.
  create index connectors_feed on connectors (tenant_id, domain, lower(settings->'workspace'->>'id'));
  `,
  `
  -- What is known of a place that can't be reached, and of the ways to it.
  alter table conversations
    add closed jsonb,
    add missing_since timestamptz,
    add candidate_url text;
  update conversations
     set closed = jsonb_build_object('since', floor(extract(epoch from now()) * 1000), 'status', null, 'code', gone, 'triedAt', 0)
   where gone is not null;
  alter table conversations drop gone;
  -- What was abandoned in such a place is tried again, seldom.
  drop index outbox_due;
  create index outbox_due on outbox (due_at) where shown_version < version and merged_into is null;
  `,
  `
  -- What is due, and what a filter is looked for in, is found without unfolding each connector's documents.
  create index connectors_version on connectors (((provisioning->>'version')::int));
  create index connectors_table_changed on connectors (id)
    where (settings->>'tableChangedAt')::bigint > (provisioning->>'tableAt')::bigint;
  create index connectors_checked on connectors ((coalesce((observation->>'triedAt')::bigint, 0)));
  create index connectors_check_requested on connectors (id)
    where (observation->>'requestedAt')::bigint >= (observation->>'triedAt')::bigint;
  alter table connectors add searched text generated always as
    (folded(name || chr(10) || domain || chr(10) || coalesce(settings->'workspace'->>'name', ''))) stored;
  `,
  `
  -- An incident that fell back to a warning has been told of as an error, also where warnings wait.
  alter table incidents add was_error boolean not null default false;
  update incidents set was_error = problem->>'health' = 'error';
  `,
  `
  -- Who waits for the first rows is looked after often.
  create index connectors_awaiting on connectors (id) where status->'firstSeenAt' = 'null';
  create index connectors_error_log on connectors (((provisioning->'errorLog'->>'dueAt')::bigint));
  `,
  `
  -- Incidents of one cause are told as one alert: who is on it, and the cards that tell of it, are the alert's.
  create table alerts (
    id uuid primary key,
    tenant_id text not null,
    cause text,
    health text not null,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    told jsonb not null default '{}',
    acknowledged jsonb,
    snoozed jsonb,
    reminders int not null default 0,
    due_at timestamptz
  );
  insert into alerts (id, tenant_id, health, opened_at, resolved_at, told, acknowledged, snoozed, reminders, due_at)
    select incidents.id, tenant_id, problem->>'health', opened_at, resolved_at, told, acknowledged, snoozed, reminders, incidents.due_at
      from incidents join connectors on connectors.id = connector_id;
  create index alerts_due on alerts (due_at) where resolved_at is null;
  create index alerts_open on alerts (tenant_id, cause) where resolved_at is null;
  drop index incidents_due;
  alter table incidents
    add alert_id uuid references alerts,
    add moved_at timestamptz,
    drop told,
    drop acknowledged,
    drop snoozed,
    drop reminders,
    drop due_at;
  -- By this id, buttons of cards that are posted already find it.
  update incidents set alert_id = id;
  alter table incidents alter alert_id set not null;
  create index incidents_alert on incidents (alert_id);
  alter table outbox rename incident_id to alert_id;
  alter table outbox
    drop constraint posts_incident_id_fkey,
    add foreign key (alert_id) references alerts on delete cascade,
    add connector_ids uuid[] not null default '{}';
  update outbox set connector_ids = array[connector_id], connector_id = null where alert_id is not null;
  update outbox set kind = 'alert' where kind = 'incident';
  drop index outbox_incident;
  create unique index outbox_alert on outbox (alert_id, conversation_id) where kind = 'alert';
  `,
  `
  -- A health record refers to no row that all connectors of its workspace share: whoever holds that one kept verdicts waiting.
  alter table health_records drop constraint health_records_workspace_id_fkey;
  `,
  `
  -- What is under way is known before it is sent, and a save whose answer was lost by its number.
  alter table checkpoints
    add column saves bigint not null default 0,
    add column in_flight int not null default 0,
    -- The last sign of life of its poll.
    add column alive_at timestamptz not null default '-infinity';
  -- After a bug, not tried before; when it was due stays what it was.
  alter table connectors add column not_before timestamptz not null default '-infinity';
  `,
  `
  -- What each connector's polls teach of its traffic; what a connector knew of silences before is learned anew.
  create table baselines (
    connector_id uuid primary key references connectors on delete cascade,
    until int not null,
    counts int[] not null,
    silences real[] not null,
    falls real[] not null,
    rises real[] not null
  );
  update connectors set status = status - 'usualSilence' || '{"arrivals": {
    "hour": 0, "events": 0, "spoiled": true, "lastAt": null, "lookedAt": 0, "missed": 0, "back": null, "brought": 0, "expected": 0,
    "quarters": [], "extremes": {"silence": 0, "fall": null, "rise": null}, "shift": null,
    "usual": {"rates": [0, 0, 0], "limits": {"silence": null, "fall": null, "rise": null}}}}';
  `,
  `
  -- What is written to learn whether anything can be; one row at most.
  create table probes (at timestamptz not null);
  `,
  `
  -- Who does what at the moment, and until when: worth nothing after a crash of the store, so it waits for no disk.
  create unlogged table leases (name text primary key, holder uuid not null, until timestamptz not null);
  -- Whose poll was the last: that process has the dedup window in memory.
  alter table checkpoints add column polled_by uuid;
  alter table checkpoints rename column alive_at to taken_at;
  drop index connectors_due;
  create index connectors_due on connectors (due_at) where desired = 'run' and provisioning->'finishedAt' <> 'null';
  create index connectors_step_due on connectors (due_at) where desired = 'delete' or provisioning->'finishedAt' = 'null';
  drop schema if exists patchbay_jobs cascade;
  `,
  `
  -- Keys by segments, with the times (as Okta writes them) between which their events were published. Of what was delivered
  -- before this no time is known, but that it was not later than now.
  alter table delivered
    add column from_at text collate "C",
    add column to_at text collate "C",
    add column ahead_at text collate "C",
    add column is_segment boolean not null default false;
  update delivered set from_at = '', to_at = to_char(now() at time zone 'UTC' + interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
  `,
  `
  -- After lost answers, or when everything is refused, one event is sent alone first.
  alter table checkpoints add column probation jsonb;
  `,
];

/** Brings the schema up to date, each migration in a transaction; safe when many instances start at once. Throws PostgreSQL's errors. */
export async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('patchbay migrations'))`);
    await client.query('create schema if not exists patchbay');
    await client.query(
      'create table if not exists patchbay.migrations (number int primary key, at timestamptz default now())',
    );
    const { rows } = await client.query<{ number: number }>('select number from patchbay.migrations');
    const done = new Set(rows.map((row) => row.number));
    for (const [number, text] of migrations.entries()) {
      if (done.has(number)) continue;
      await client.query('begin');
      await client.query(`set local search_path to patchbay; ${text}`);
      await client.query('insert into patchbay.migrations (number) values ($1)', [number]);
      await client.query('commit');
    }
  } finally {
    // Ends the session, and with it the lock and a transaction that failed half-way.
    client.release(true);
  }
}
