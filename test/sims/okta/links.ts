/** How an org writes its Link headers. */
export type LinkStyle = {
  /** One header per link, as Okta's documentation shows it, or all in one, as many clients join them. */
  joined: boolean;
  nextFirst: boolean;
  /** Links of other relations around ours. */
  extraRels: boolean;
  /** `rel=next` instead of `rel="next"`. */
  unquoted: boolean;
  upperCaseName: boolean;
};

/** What stands in the query of every next link, to see that clients carry it on untouched. */
export type LinkOddity = 'none' | 'commas' | 'repeated limit';

type Known = { issuedAt: number };

/** Makes the next links of one org, and knows them again: a next URL is good byte for byte or not at all. */
export class Links {
  style: LinkStyle = { joined: false, nextFirst: false, extraRels: false, unquoted: false, upperCaseName: false };
  oddity: LinkOddity = 'none';
  /** Cursors older than this are refused; how long Okta takes them is not documented. */
  lifeMs = Number.POSITIVE_INFINITY;
  /** False accepts every cursor of the right form, as for an org that was restored from elsewhere. */
  onlyIssued = true;
  #issued = new Map<string, Known>();

  /** The target `/api/v1/logs?…` of the page after this one: the request's own parameters, and where it stands. */
  next(target: string, after: string, now: number): string {
    const [path, search = ''] = target.split('?');
    const kept = search.split('&').filter((part) => part !== '' && !part.startsWith('after='));
    if (this.oddity === 'commas' && !kept.includes('via=a,b;c')) kept.push('via=a,b;c');
    if (this.oddity === 'repeated limit' && kept.filter((part) => part.startsWith('limit=')).length === 1) {
      kept.push(...kept.filter((part) => part.startsWith('limit=')));
    }
    const next = `${path}?${[...kept, `after=${after}`].join('&')}`;
    this.#issued.set(next, { issuedAt: now });
    return next;
  }

  /** False when the target holds a cursor that this org did not give out in exactly this URL, or no longer takes. */
  accepts(target: string, now: number): boolean {
    const known = this.#issued.get(target);
    if (!known) return !this.onlyIssued;
    return now - known.issuedAt <= this.lifeMs;
  }

  /** From now on every next link given out so far is refused. */
  forget(): void {
    this.#issued.clear();
  }

  /** The Link headers of an answer. */
  headers(self: string, next: string | undefined): Record<string, string | string[]> {
    const rel = (name: string) => (this.style.unquoted ? `rel=${name}` : `rel="${name}"`);
    const links = [`<${self}>; ${rel('self')}`];
    if (next !== undefined) links.push(`<${next}>; ${rel('next')}`);
    if (this.style.nextFirst) links.reverse();
    if (this.style.extraRels) {
      links.unshift(`<${self}&x=1>; ${rel('prev')}; title="a, rel=next"`);
      links.push(`<https://docs.example/next>; ${rel('help')}`);
    }
    return { [this.style.upperCaseName ? 'LINK' : 'link']: this.style.joined ? links.join(', ') : links };
  }
}
