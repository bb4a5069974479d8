import type { Connector } from '../../ingestion/connector/connector.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { line, paragraph, shown, strong } from '../kit/text.ts';
import { faultBlock } from './fields.ts';

const mustChoose = 'Choose a connector.';

type Found = {
  offered: Pick<Connector, 'id' | 'name' | 'domain'>[];
  /** How many more fit than are offered. */
  left: number;
  /** What was to be found in name, domain or workspace; empty for all. */
  find: string;
  /** It was sent without a choice. */
  missed: boolean;
};

/** Which connector to manage: a list, and a field to find those that it does not hold. */
export function chooseConnectorPage({ offered, left, find, missed }: Found): Card {
  const asks = left > 0 || find !== '';
  return cardOf({
    fallback: 'Choose the connector to manage',
    body: [
      header({ title: 'Which connector?' }),
      ...(offered.length > 0
        ? [choice(offered), ...faultBlock(missed ? mustChoose : undefined)]
        : [paragraph('No connector has ', strong(shown(find)), ' in its name, domain or workspace.')]),
      ...(left > 0
        ? [paragraph(`${left.toLocaleString('en-US')} more fit. To see one of them, find it by more of its name.`)]
        : []),
      ...(asks ? [findField(find)] : []),
    ],
    actions: [
      ...(offered.length > 0 ? [button('Manage', { style: 'positive' })] : []),
      ...(asks ? [button('Find', { data: { finds: true } })] : []),
    ],
  });
}

function choice(offered: Found['offered']): Card {
  const [first] = offered;
  return {
    type: 'Input.ChoiceSet',
    id: 'connector',
    label: 'Connector',
    placeholder: 'Choose a connector',
    isRequired: false,
    errorMessage: mustChoose,
    ...(offered.length === 1 && first ? { value: first.id } : {}),
    choices: offered.map(({ id, name, domain }) => ({ title: line(`${name} (${domain})`), value: id })),
  };
}

function findField(find: string): Card {
  return {
    type: 'Input.Text',
    id: 'find',
    label: 'Find another',
    placeholder: 'Part of its name, domain or workspace',
    maxLength: 100,
    value: line(find, 200),
  };
}

function button(title: string, { style, data }: { style?: 'positive'; data?: Card }): Card {
  return { type: 'Action.Submit', title, ...(style ? { style } : {}), data: { dialog: 'manage', open: true, ...data } };
}
