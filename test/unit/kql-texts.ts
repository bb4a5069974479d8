import { namesIn } from '../../ingestion/azure/content/kql-names.ts';

/** What a text reads of Okta: the words of the language and the columns are among its names, too. */
export const okta = (text: string, parameters = '') =>
  [...namesIn(text, parameters)].filter((name) => /Okta/.test(name)).sort();

/** Queries, and the names in them that concern Okta. */
export const texts: [what: string, text: string, names: string[]][] = [
  ['a table', 'Okta_CL | take 1', ['Okta_CL']],
  ['a table behind a pipe', 'Heartbeat | join (Okta_CL) on x', ['Okta_CL']],
  ['names that another name holds', 'MyOkta_CL | union Okta_CL2', ['MyOkta_CL', 'Okta_CL2']],
  ['letters in another case', 'okta_cl | union OKTA_CL', []],
  ['a function with arguments', 'OktaSSO() | union OktaSSO2(ago(1d))', ['OktaSSO', 'OktaSSO2']],
  ['single quotes', "T | where a == 'Okta_CL'", []],
  ['double quotes', 'T | where a == "Okta_CL | OktaSSO"', []],
  ['an escaped quote', "T | where a == 'it\\'s Okta_CL' and Okta_A == 1", ['Okta_A']],
  ['a verbatim text that ends in a backslash', "T | where a == @'C:\\' | union Okta_CL", ['Okta_CL']],
  ['a verbatim text with a doubled quote', "T | where a == @'it''s Okta_CL'", []],
  ['a hidden text', 'T | where a == h\'Okta_CL\' or b == h@"Okta_CL"', []],
  ['a text of several lines', 'let a = ```\nOkta_CL\n"`` OktaSSO```; T | union OktaV2_CL', ['OktaV2_CL']],
  ['a text of several lines with tildes', 'let a = ~~~\nOkta_CL\n~~~; OktaSSO', ['OktaSSO']],
  ['a text that nobody closes', "T | where a == 'Okta_CL\n| union OktaSSO", ['OktaSSO']],
  ['a comment', 'T // Okta_CL\n| take 1 // "\n| union OktaSSO', ['OktaSSO']],
  ['an address in a text', "T | where a == 'https://x' | union OktaSSO // y", ['OktaSSO']],
  ['a comment at the end', '// OktaSSO', []],
  ['a quoted name', 'T | union [\'Okta_CL\'], ["Okta B"]', ['Okta B', 'Okta_CL']],
  ['a key of a value', "T | extend a = d['Okta_CL'], b = d.OktaSSO, c = d[0]['Okta_A'], e = f(d)['Okta_B']", []],
  ['a table of another workspace', "workspace('other').Okta_CL", []],
  ['a table by its name as a text', "table('Okta_CL') | take 1", ['Okta_CL']],
  ['a range', 'T | where a between (1 ..Okta_high)', ['Okta_high']],
  ['a timespan and a number', 'T | where a > 1d and b > 0x1F and OktaA > 2', ['OktaA']],
  ['a list', 'T | where a in (dynamic(["Okta_CL", ["OktaSSO"]])) | union OktaV2_CL', ['OktaV2_CL']],
  ['a new column', 'T | extend OktaSSO = 1 | summarize Okta_CL = count() by OktaDay=bin(a, 1d)', []],
  ['a comparison', 'T | where OktaA == 1 or OktaB =~ "x" or OktaC != 2', ['OktaA', 'OktaB', 'OktaC']],
  ['a name of its own', 'let OktaSSO = T | where a == 1; OktaSSO | take 1', []],
  ['a name of its own, quoted', "let ['OktaSSO'] = T; ['OktaSSO'] | take 1", []],
  ['a name that is made of itself', 'let OktaSSO = OktaSSO | where a == 1; OktaSSO', ['OktaSSO']],
  ['a name that is used before it is made', 'let x = OktaSSO; let OktaSSO = x; OktaSSO', ['OktaSSO']],
  ['a name within a function', 'let f = () { let OktaSSO = T; OktaSSO }; union f(), OktaSSO', ['OktaSSO']],
  ['a name within a function only', 'let f = () { let OktaSSO = T; OktaSSO }; f()', []],
  ['two names, one with a semicolon in a text', "let a = ';'; let OktaSSO = T; OktaSSO", []],
  ['every table that begins so', 'union isfuzzy=true Okta*, T', ['Okta*']],
  ['a product', 'T | extend a = Okta_a*Okta_b', ['Okta_a', 'Okta_b']],
  ['a type of union', 'union kind=outer withsource=t Okta_CL', ['Okta_CL']],
  ['broken text', "let let = ; ))]} ['Okta_CL'", []],
  ['nothing', '', []],
];
