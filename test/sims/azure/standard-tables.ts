import type { Column } from '../kql/schema.ts';

/** Columns that every table has without declaring them. */
export const standardColumns: readonly Column[] = columns(
  'TenantId:string Type:string SourceSystem:string _ResourceId:string _SubscriptionId:string _TimeReceived:datetime _BilledSize:real _IsBillable:string',
);

/** The tables of Azure and of Microsoft's own Okta connectors, as far as our queries read them. */
export const builtInTables: ReadonlyMap<string, readonly Column[]> = new Map([
  [
    'Operation',
    columns(
      'TimeGenerated:datetime OperationCategory:string OperationStatus:string OperationKey:string Detail:string Solution:string',
    ),
  ],
  [
    'Usage',
    columns(
      'TimeGenerated:datetime DataType:string Quantity:real QuantityUnit:string IsBillable:bool Solution:string StartTime:datetime EndTime:datetime Plan:string',
    ),
  ],
  [
    'DCRLogErrors',
    columns(
      'TimeGenerated:datetime OperationName:string InputStreamId:string Message:string ClientRequestId:string CorrelationId:string',
    ),
  ],
  [
    'OktaSystemLogs',
    columns('TimeGenerated:datetime EventOriginalUid:string EventOriginalType:string ActorUsername:string'),
  ],
  [
    'OktaV2_CL',
    columns('TimeGenerated:datetime EventOriginalUid:string EventOriginalType:string ActorUsername:string'),
  ],
  ['Okta_CL', columns('TimeGenerated:datetime uuid_g:string eventType_s:string published_t:datetime domain_s:string')],
]);

function columns(text: string): Column[] {
  return text.split(' ').map((pair) => {
    const [name = '', type = 'string'] = pair.split(':');
    return { name, type: type as Column['type'] };
  });
}
