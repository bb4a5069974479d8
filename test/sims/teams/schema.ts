import type { Card } from './cards.ts';

const element = 'fallback height separator spacing id isVisible requires';
const input = `${element} errorMessage isRequired label`;
const action = 'title iconUrl id style fallback tooltip isEnabled mode requires';
const box = 'backgroundImage bleed items minHeight rtl selectAction style verticalContentAlignment';
const text = 'color fontType isSubtle size text weight';
const range = 'max min placeholder value';

/**
 * What each type may say of itself by the schema of Adaptive Cards 1.5, in which anything else is an error
 * (adaptivecards.io/schemas/1.5.0/adaptive-card.json); of the whole card Teams takes `msteams` too. The renderer's parser, which
 * knows the values, lets unknown properties pass.
 */
const properties = new Map<string, Set<string>>(
  Object.entries({
    AdaptiveCard:
      '$schema actions authentication backgroundImage body fallbackText lang minHeight msteams refresh rtl selectAction speak version verticalContentAlignment',
    ActionSet: `${element} actions`,
    Column: `${element} ${box} width`,
    ColumnSet: `${element} bleed columns horizontalAlignment minHeight selectAction style`,
    Container: `${element} ${box}`,
    FactSet: `${element} facts`,
    Image: `${element} altText backgroundColor horizontalAlignment selectAction size style url width`,
    ImageSet: `${element} imageSize images`,
    Media: `${element} altText poster sources`,
    RichTextBlock: `${element} horizontalAlignment inlines`,
    Table: `${element} columns firstRowAsHeaders gridStyle horizontalCellContentAlignment rows showGridLines verticalCellContentAlignment`,
    TableCell: box,
    TableRow: 'cells horizontalCellContentAlignment style verticalCellContentAlignment',
    TextBlock: `${element} ${text} horizontalAlignment maxLines style wrap`,
    TextRun: `${text} highlight italic selectAction strikethrough underline`,
    'Action.Execute': `${action} associatedInputs data verb`,
    'Action.OpenUrl': `${action} url`,
    'Action.ShowCard': `${action} card`,
    'Action.Submit': `${action} associatedInputs data`,
    'Action.ToggleVisibility': `${action} targetElements`,
    'Input.ChoiceSet': `${input} choices isMultiSelect placeholder style value wrap`,
    'Input.Date': `${input} ${range}`,
    'Input.Number': `${input} ${range}`,
    'Input.Text': `${input} inlineAction isMultiline maxLength placeholder regex style value`,
    'Input.Time': `${input} ${range}`,
    'Input.Toggle': `${input} title value valueOff valueOn wrap`,
  }).map(([type, names]) => [type, new Set(['type', ...names.split(' ')])]),
);

/** What a part of a card says of itself that its type does not have, a sentence each. */
export function strayProperties(part: Card): string[] {
  const known = properties.get(String(part.type));
  if (!known) return [];
  return Object.keys(part).flatMap((name) => (known.has(name) ? [] : [`${part.type} has no property "${name}"`]));
}
