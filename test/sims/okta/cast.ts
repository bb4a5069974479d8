import { Random } from './random.ts';

const NAMES = [
  'Ana Flores',
  'Bjørn Dahl',
  'Chloé Girard',
  'Dmitri Волков',
  'Emre Yıldız',
  'Fatima الزهراء',
  'Grace O’Brien',
  'Hiroshi 田中',
  'Inês Conceição',
  'Jan "JJ" Jansen',
  'Kavya शर्मा',
  'Lars Müller-Strauß',
  'Mia 🦊 Fox',
  'Noa לוי',
  'Olga Nowak',
  'Pat C:\\Users',
  'Quentin Thi Nguyễn',
  'Rosa Díaz',
  'Sam Lee',
  'Thandi Mokoena',
];

const PLACES = [
  { city: 'Lisbon', state: 'Lisbon', country: 'Portugal', postalCode: '1100-048', lat: 38.7223, lon: -9.1393 },
  { city: 'São Paulo', state: 'São Paulo', country: 'Brazil', postalCode: '01000-000', lat: -23.5505, lon: -46.6333 },
  { city: 'Zürich', state: 'Zurich', country: 'Switzerland', postalCode: '8001', lat: 47.3769, lon: 8.5417 },
  { city: 'Austin', state: 'Texas', country: 'United States', postalCode: '78701', lat: 30.2672, lon: -97.7431 },
  { city: 'Osaka', state: 'Osaka', country: 'Japan', postalCode: '530-0001', lat: 34.6937, lon: 135.5023 },
  { city: null, state: null, country: 'Iceland', postalCode: null, lat: 65, lon: -18 },
];

const AGENTS = [
  {
    browser: 'CHROME',
    os: 'Windows 10',
    device: 'Computer',
    raw: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  },
  {
    browser: 'SAFARI',
    os: 'Mac OS X',
    device: 'Computer',
    raw: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  },
  {
    browser: 'FIREFOX',
    os: 'Linux',
    device: 'Computer',
    raw: 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0',
  },
  {
    browser: 'SAFARI',
    os: 'iOS (iPhone)',
    device: 'Mobile',
    raw: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  },
  {
    browser: 'UNKNOWN',
    os: 'Unknown',
    device: 'Unknown',
    raw: 'OktaVerify/9.38.0 (Windows; 10.0.26100) OktaDeviceSDK/1.2',
  },
];

const APPS = ['Salesforce', 'Slack', 'Workday', 'GitHub Enterprise', 'Zoom', 'Jira & Confluence', 'Finance <Reports>'];
const NETWORKS = [
  { asNumber: 64496, asOrg: 'Example Carrier', isp: 'example carrier', domain: 'carrier.example' },
  { asNumber: 64511, asOrg: 'Beispiel Netz GmbH', isp: 'beispiel netz', domain: 'netz.example' },
  { asNumber: 65551, asOrg: 'Cloud Example', isp: 'cloud example inc.', domain: null },
];

/** Somebody of a made-up company, always the same for the same number: name, address, device, place, network. */
export type Person = ReturnType<typeof person>;

/** The person with this number (0 to 499 are told apart). */
export function person(number: number) {
  const random = new Random(7, number);
  const name = NAMES[number % NAMES.length] as string;
  const host = random.below(254) + 1;
  const ip = random.chance(0.15)
    ? `2001:db8::${random.hex(4)}`
    : `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${host}`;
  return {
    id: random.id('00u'),
    name,
    login: `person${number}@corp.example`,
    ip,
    place: random.pick(PLACES),
    agent: random.pick(AGENTS),
    network: random.pick(NETWORKS),
    deviceId: random.id('guo'),
  };
}

/** A target of type User. */
export function userTarget(who: Person) {
  return { id: who.id, type: 'User', alternateId: who.login, displayName: who.name, detailEntry: null };
}

/** A target of type AppInstance. */
export function appTarget(random: Random) {
  const name = random.pick(APPS);
  const signOnMode = random.pick(['SAML 2.0', 'OpenID Connect', 'SWA']);
  const detailEntry = { signOnModeType: signOnMode, signOnModeEvaluationResult: 'AUTHENTICATED' };
  return { id: random.id('0oa'), type: 'AppInstance', alternateId: name, displayName: name, detailEntry };
}

/** A target of any other type. */
export function target(random: Random, type: string, displayName: string) {
  return { id: random.id('00x'), type, alternateId: 'unknown', displayName, detailEntry: null };
}

/** What Okta says about where a request came from. */
export function geography({ place }: Person) {
  const { city, state, country, postalCode, lat, lon } = place;
  return { city, state, country, postalCode, geolocation: { lat, lon } };
}
