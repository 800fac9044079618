import { DEFAULT_SERVICE_LEVELS, type ServiceLevels } from '#shared/domain/consultation/serviceLevel';
import type { OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { type Indicators, MAX_INDICATOR_RANGE_MS } from '#shared/protocol/indicators';
import type { RequestParams } from '#shared/protocol/requests';
import type { IndicatorFigures, IndicatorRange } from '../storage/indicatorFigures.ts';

export interface IndicatorsOptions {
  readonly figures: IndicatorFigures;
  readonly clock: Clock;
  /** IANA; in which the months begin. */
  readonly timeZone: string;
  readonly serviceLevels?: ServiceLevels;
}

/**
 * [IND1] The numbers of the reader's own tree, by centre, hospital, specialty and month.
 * @returns reads them; throws AppError `input.malformed` for a time that runs backwards or is too long
 */
export function createIndicators({ figures, clock, timeZone, serviceLevels = DEFAULT_SERVICE_LEVELS }: IndicatorsOptions): (reader: Party, params: RequestParams<'indicators.read'>) => Promise<Indicators> {
  return async (reader, { fromMs, toMs }) => {
    if (toMs <= fromMs || toMs - fromMs > MAX_INDICATOR_RANGE_MS) throw new AppError('input.malformed', 'the time must run forward, and for ten years at most');
    const nowMs = clock.wallMs();
    const range: IndicatorRange = { rootId: reader.organisationId, fromMs, toMs, nowMs, timeZone, respondMs: serviceLevels.respondMs };
    const [groups, bySpecialty, reasons, names] = [await figures.grouped(range), await figures.bySpecialty(range), await figures.reasons(range), await figures.names()];
    const named = (id: OrganisationId) => ({ id, name: required(names.get(id), 'the organisation of a request, by its foreign key') });
    const total = required(groups.find(({ isTotal }) => isTotal), 'the sum over everything, also over nothing').figures;
    return {
      fromMs, toMs, timeZone, madeAtMs: nowMs, total, bySpecialty, reasons,
      byCentre: groups.flatMap(({ centreId, figures: one }) => (centreId === null ? [] : [{ ...named(centreId), figures: one }])),
      byHospital: groups.flatMap(({ organisationId, figures: one }) => (organisationId === null ? [] : [{ ...named(organisationId), figures: one }])),
      byMonth: groups.flatMap(({ month, figures: one }) => (month === null ? [] : [{ month, figures: one }])),
    };
  };
}
