import { appTarget, geography, type Person, person } from './okta/cast.ts';
import { type Kind, kinds } from './okta/kinds.ts';
import { Random } from './okta/random.ts';

const wheel = kinds.flatMap((kind) => Array<Kind>(kind.weight).fill(kind));
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
// Odd, so that multiplying by it modulo 2^32 sends no two indexes to the same number.
const STRIDE = 0x9e3779b1;

/** Which event to make: the same three numbers always make the same bytes. `bytes` is the average size to aim at. */
export type EventRequest = { seed: number; index: number; publishedAt: number; bytes?: number };

/** The uuid of a generated event, time-based in form, unique for each index below 2^32 of a seed. */
export function eventUuid(seed: number, index: number): string {
  const low = Math.imul(index + 1, STRIDE) >>> 0;
  const node = Math.imul(seed + 1, STRIDE) >>> 0;
  return `${hex32(low)}-${hex32(node).slice(0, 4)}-11f0-9c2a-${hex32(node)}${hex32(seed >>> 0).slice(4)}`;
}

function hex32(value: number): string {
  return `${HEX[value >>> 24]}${HEX[(value >>> 16) & 255]}${HEX[(value >>> 8) & 255]}${HEX[value & 255]}`;
}

/** A made-up System Log event as compact JSON in UTF-8. */
export function eventBytes(request: EventRequest): Buffer {
  return Buffer.from(JSON.stringify(oktaEvent(request)));
}

/** A made-up System Log event, of a random type, with the variety of parts, nulls and gaps that real ones have. */
export function oktaEvent({ seed, index, publishedAt, bytes = 2400 }: EventRequest): Record<string, unknown> {
  const random = new Random(seed, index);
  const kind = random.pick(wheel);
  const who = person(random.below(500));
  const event = kind.system ? systemEvent(kind, who, random) : userEvent(kind, who, random);
  event.published = new Date(publishedAt).toISOString();
  event.uuid = eventUuid(seed, index);
  if (random.chance(0.03)) event.version = 0;
  if (random.chance(0.02)) delete event.target;
  // Most events lie below the average, and one in twelve in a tail above it.
  const share = kind.system ? 0.6 : 0.84 + 0.26 * random.next() + (random.chance(0.12) ? 0.8 * random.next() : 0);
  fill(event, bytes * share, random);
  return event;
}

function userEvent(kind: Kind, who: Person, random: Random): Record<string, unknown> {
  const session = random.id('idx');
  const requestId = random.hex(32);
  const event: Record<string, unknown> = {
    actor: { id: who.id, type: 'User', alternateId: who.login, displayName: who.name, detailEntry: null },
    client: clientOf(who, random),
    device: random.chance(0.3) ? deviceOf(who, random) : null,
    authenticationContext: authenticationOf(session, random),
    displayMessage: kind.displayMessage,
    eventType: kind.eventType,
    outcome: kind.outcome?.(random) ?? { result: 'SUCCESS', reason: null },
    published: '',
    securityContext: securityOf(who, random),
    severity: kind.severity ?? 'INFO',
    debugContext: { debugData: debugOf(kind, requestId, random) },
    legacyEventType: kind.legacyEventType,
    transaction: { type: 'WEB', id: requestId, detail: {} },
    uuid: '',
    version: '0',
    request: {
      ipChain: [
        { ip: who.ip, geographicalContext: geography(who), version: who.ip.includes(':') ? 'V6' : 'V4', source: null },
      ],
    },
    target: kind.target ? kind.target(random, who) : [appTarget(random)],
  };
  if (random.chance(0.1)) delete event.device;
  return event;
}

function systemEvent(kind: Kind, who: Person, random: Random): Record<string, unknown> {
  const requestId = random.hex(32);
  return {
    actor: {
      id: random.id('00o'),
      type: 'SystemPrincipal',
      alternateId: 'system@okta.com',
      displayName: 'Okta System',
      detailEntry: null,
    },
    client: { userAgent: null, zone: null, device: null, id: null, ipAddress: null, geographicalContext: null },
    authenticationContext: { ...authenticationOf('trs', random), externalSessionId: `trs${random.hex(20)}` },
    displayMessage: kind.displayMessage,
    eventType: kind.eventType,
    outcome: kind.outcome?.(random) ?? { result: 'SUCCESS', reason: null },
    published: '',
    securityContext: { asNumber: null, asOrg: null, isp: null, domain: null, isProxy: null },
    severity: kind.severity ?? 'INFO',
    debugContext: { debugData: debugOf(kind, requestId, random) },
    legacyEventType: kind.legacyEventType,
    transaction: { type: 'JOB', id: requestId, detail: { requestApiTokenId: random.id('00T') } },
    uuid: '',
    version: '0',
    request: { ipChain: [] },
    target: kind.target?.(random, who) ?? null,
  };
}

function clientOf(who: Person, random: Random) {
  return {
    userAgent: { rawUserAgent: who.agent.raw, os: who.agent.os, browser: who.agent.browser },
    zone: random.chance(0.5) ? 'null' : 'LegacyIpZone',
    device: who.agent.device,
    id: random.chance(0.2) ? random.id('0oa') : null,
    ipAddress: who.ip,
    geographicalContext: geography(who),
  };
}

function deviceOf(who: Person, random: Random) {
  return {
    id: who.deviceId,
    name: random.pick(['LAPTOP-7F2', 'Mia’s iPhone', 'build-agent_03']),
    os_platform: random.pick(['WINDOWS', 'OSX', 'IOS']),
    os_version: '14.6.0',
    managed: random.chance(0.5),
    registered: true,
    device_integrator: null,
    disk_encryption_type: 'ALL_INTERNAL_VOLUMES',
    screen_lock_type: 'BIOMETRIC',
    jailbreak: null,
    secure_hardware_present: true,
  };
}

function authenticationOf(session: string, random: Random) {
  return {
    authenticationProvider: random.pick([null, 'FACTOR_PROVIDER', 'OKTA_AUTHENTICATION_PROVIDER']),
    credentialProvider: random.pick([null, 'OKTA_CREDENTIAL_PROVIDER']),
    credentialType: random.pick([null, 'PASSWORD', 'OTP', 'ASSERTION']),
    issuer: null,
    interface: null,
    authenticationStep: 0,
    rootSessionId: session,
    externalSessionId: session,
  };
}

function securityOf(who: Person, random: Random) {
  const { asNumber, asOrg, isp, domain } = who.network;
  const plain = { asNumber, asOrg, isp, domain, isProxy: random.chance(0.05) };
  if (random.chance(0.8)) return plain;
  return {
    ...plain,
    ipDetails: {
      asNumber,
      asOrg,
      isp,
      domain,
      ipServiceCategories: [{ type: 'VPN', operator: 'Example VPN', isAnonymous: true }],
    },
    userBehaviors: [
      { id: random.id('bdp'), name: 'New Country', result: 'NEGATIVE' },
      { id: random.id('bdp'), name: 'Velocity', result: 'UNKNOWN' },
    ],
    risk: { level: random.pick(['LOW', 'MEDIUM', 'HIGH']), reasons: ['Anomalous Location'] },
    botProtection: { level: 'NONE' },
  };
}

function debugOf(kind: Kind, requestId: string, random: Random): Record<string, unknown> {
  const level = random.pick(['LOW', 'MEDIUM', 'HIGH']);
  return {
    requestId,
    dtHash: random.hex(64),
    requestUri: '/idp/idx/identify',
    url: `/idp/idx/identify?stateToken=${random.hex(16)}&lang=fr`,
    threatSuspected: 'false',
    ...(random.chance(0.4) && {
      risk: `{level=${level}, reasons=Anomalous Location}`,
      behaviors: '{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=POSITIVE, Velocity=NEGATIVE}',
      logOnlySecurityData: JSON.stringify({
        risk: { level },
        behaviors: { 'New Device': 'NEGATIVE', 'New IP': 'POSITIVE' },
      }),
    }),
    ...kind.debugData?.(random),
  };
}

/** Adds what a newer release of the log might add, until the event has about the wanted size. */
function fill(event: Record<string, unknown>, wanted: number, random: Random): void {
  const { debugData } = event.debugContext as { debugData: Record<string, string> };
  let missing = wanted - Buffer.byteLength(JSON.stringify(event));
  for (let number = 1; missing > 40; number++) {
    const value = `${random.hex(Math.min(96, Math.floor(missing) - 30))} · ${random.pick(['ok', 'näher', '"quoted"', 'a\\b'])}`;
    debugData[`signal${number}`] = value;
    missing -= Buffer.byteLength(value) + 14;
  }
}
