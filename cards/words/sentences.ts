/** The first five names, and how many more. */
function firstOf(names: string[]): string {
  return [...names.slice(0, 5), ...(names.length > 5 ? [`${names.length - 5} more`] : [])].join(', ');
}

/** Single sentences that the bot says outside of a card's own text. */
export const sentences = {
  expired: 'This dialog has expired. Nothing was changed. Say "connect" to start again.',
  foreign: 'This dialog was opened by somebody else. Open your own: say "connect".',
  guest: 'Guests can only read the help. Ask a member of your SOC.',
  unknownMember:
    'I could not read who is a member of this conversation, so I can do nothing for you here. Try again in a minute.',
  notHere:
    'I could not read who is a member of this conversation. Where Patchbay has not been added, it can’t connect or manage anything: use it in its own chat, or in a team that has it. If it has been added here, try again in a minute.',
  gone: 'This connector does not exist any more.',
  contentUnread: (workspace: string, why: string) =>
    `The functions of ${workspace} could not be read or changed: ${why}. Press “Change functions…” again to see how they are now.`,
  retryBegan: (name: string) => `${name} is tried again now. “status ${name}” says what comes of it.`,
  oldButton: 'This button is of an older version of Patchbay and does nothing any more. Say "help" for what I can do.',
  deleting: (name: string) =>
    `Removing ${name}: its data collection rule and the stored key go, the table and its data stay.`,
  manageExpired: 'This dialog has expired. Nothing was changed. Say "manage" and the connector’s name to start again.',
  manageForeign: 'This dialog was opened by somebody else. Open your own: say "manage" and the connector’s name.',
  unchanged: (name: string) => `Nothing was changed: ${name} is as it was.`,
  changed: (name: string, what: string) => `${name} was changed: ${what}.`,
  confirmDomain: (from: string, to: string) =>
    `Nothing was changed yet. Reading anew at ${to} needs your yes: turn this on and press Save, or type ${from} again.`,
  confirmRetention: (days: number) =>
    `Nothing was changed yet. To keep rows for ${days} days only needs your yes: turn this on and press Save.`,
  confirmAgain:
    'Nothing was connected yet. This needs your yes: turn it on and press Connect, or choose another workspace.',
  twice: (domain: string, by: string[]) =>
    `It receives ${domain} already, from ${firstOf(by)}. A second connector costs twice: every event is stored and billed once more, and every alert rule sees it twice and may raise two alerts.`,
  alsoArriving: (feeds: { table: string; rows: number }[]) =>
    `the same events in ${feeds.map(({ table, rows }) => `${table}, ${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'} in the last day`).join('; ')}: double cost and double alerts. Remove the older connector.`,
  alsoFedBy: (names: string[]) =>
    `${firstOf(names)}: every event is stored and billed more than once, and may raise more than one alert. Delete what is not needed.`,
  tokenForDomain: (domain: string) =>
    `Paste the API token for ${domain}. The stored one is sent to no new address outside of Okta’s own domains, such as okta.com.`,
  busy: (name: string) =>
    `Patchbay is setting ${name} up in Azure at this moment. Nothing was changed; press Save again in a minute.`,
  connecting: (name: string) => `Connecting ${name}. Follow the progress in the conversation.`,
  connectingSummary: (name: string) => `Connecting ${name}`,
  tooManyKeys:
    'You have begun five dialogs with a key for a service app within half an hour. Finish one of them, or try again later.',
  otherOrg: (domain: string) =>
    `${domain} does not know the service app by which this connector reads. Save the domain after you have given it one there: press New key, or paste an API token of that org.`,
  appWorks: 'The service app works: it may read the System Log.',
  tokenWorks: 'The token works: it may read the System Log.',
  budget: (limit: number) =>
    `This org allows ${limit} System Log calls a minute, shared with everything else that reads it.`,
  skewed: (minutes: number) =>
    `The clocks of Okta and of this bot differ by ${minutes} minutes; delays will look wrong by as much.`,
  strippedDomain: (domain: string) => `I took ${domain} from the address that you pasted.`,
  strippedKey: 'I left out what stood around the token, such as “Authorization”, and kept the token alone.',
  lacks: (roles: { role: string; actions: string[] }[]) =>
    `you lack ${roles.map(({ role }) => role).join(' and ')} (for ${roles.flatMap(({ actions }) => actions).join(' and ')})`,
  unseenRights: (roles: { role: string }[]) =>
    `it belongs to another organisation, which lets Patchbay in by Azure Lighthouse, and Azure does not show what you may do there. Have that organisation give you ${roles.map(({ role }) => role).join(' and ')} in its own directory, or connect it with a Patchbay that runs there`,
  mayNot: (name: string, why: string) => `${name}: ${why}. Roles take up to 15 minutes to take effect.`,
  unreadableRights: (detail: string) => `Your rights in Azure could not be read, so the answer is no. ${detail}`.trim(),
  someWorkspaces: (detail: string) =>
    `Not all workspaces could be read from Azure, so some may be missing here. ${detail}`.trim(),
  noneFound: (text: string) =>
    `No workspace with Microsoft Sentinel has “${text}” in its name, region or resource group.`,
  moreFound: (left: number) => `${left} more fit. To see one of them, find it by more of its name.`,
  unreadableWorkspaces: (detail: string) => `The workspaces could not be read from Azure. ${detail}`.trim(),
  chooseSiem: 'Choose Microsoft Sentinel (SIEM): it is the only product available here.',
  tickSome: 'Tick the connectors that are to be deleted first.',
  tickFewer: (most: number) => `That are too many at once. Tick ${most} at most.`,
  typeName: (name: string) => `Type ${name} exactly as it stands here to delete it.`,
  nothingToManage: 'There is no connector yet. Say "connect" to make the first one.',
  nothingToRoute:
    'There is no connector yet, so there are no alerts. Connect one first: the dialog asks where its alerts go.',
  tokenInChat:
    'That looks like an Okta API token. Revoke it in Okta and delete your message: whoever reads this conversation can use it. I take tokens in the dialogs of connect and manage only.',
  storeAway: (id: string) =>
    `My store does not answer just now: what you asked for may not have been done. Look again in a minute; if it stays, your engineers find it in the log under ${id}.`,
  broken: (id: string) =>
    `Something went wrong on my side. Try again; if it stays, your engineers find it in the log under ${id}.`,
};
