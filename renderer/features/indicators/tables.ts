import { SPECIALTIES, type SpecialtyCode } from '#shared/domain/specialties';
import type { Figures, Indicators } from '#shared/protocol/indicators';
import { type LanguageName, pick } from '../../i18n/format.ts';
import type { Translate } from '../../ui/text.ts';

/** One column of figures. `format`: how a person reads it; `raw`: what a spreadsheet counts with. */
export interface FigureColumn {
  readonly key: string;
  readonly title: string;
  readonly raw: (figures: Figures) => number | null;
  readonly format: (value: number) => string;
}

export interface FigureTable {
  readonly key: 'byMonth' | 'byCentre' | 'byHospital' | 'bySpecialty';
  readonly title: string;
  readonly rows: readonly { readonly key: string; readonly name: string; readonly figures: Figures }[];
}

const HOUR_MS = 3_600_000;
const share = (part: number, of: number) => (of === 0 ? null : part / of);
const whole = (value: number) => String(value);
const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
const tenth = (value: number) => value.toFixed(1);
const hours = (ms: number | null) => (ms === null ? null : ms / HOUR_MS);

/** Every figure, in the order in which a report has them. Times are in hours. */
export function figureColumns(t: Translate): FigureColumn[] {
  const column = (key: string, title: string, raw: FigureColumn['raw'], format: FigureColumn['format'] = whole): FigureColumn => ({ key, title, raw, format });
  return [
    column('requests', t('indicators.requests'), (f) => f.requests),
    column('emergencies', t('indicators.emergencies'), (f) => f.emergencies),
    column('accepted', t('indicators.accepted'), (f) => f.accepted),
    column('held', t('indicators.held'), (f) => f.held),
    column('completed', t('indicators.completed'), (f) => f.completed),
    column('completion', t('indicators.completion'), (f) => share(f.completed, f.requests), percent),
    column('declined', t('indicators.declined'), (f) => f.declined),
    column('cancelled', t('indicators.cancelled'), (f) => f.cancelled),
    column('noShows', t('indicators.noShows'), (f) => f.noShows),
    column('inTime', t('indicators.inTime'), (f) => share(f.answered.inTime, f.answered.of), percent),
    column('toAccepted', t('indicators.toAccepted'), (f) => hours(f.toAccepted.medianMs), tenth),
    column('toAcceptedMean', t('indicators.toAcceptedMean'), (f) => hours(f.toAccepted.meanMs), tenth),
    column('toSession', t('indicators.toSession'), (f) => hours(f.toSession.medianMs), tenth),
    column('toSessionMean', t('indicators.toSessionMean'), (f) => hours(f.toSession.meanMs), tenth),
    column('rehearsals', t('indicators.rehearsals'), (f) => f.rehearsals.count),
    column('passed', t('indicators.passed'), (f) => share(f.rehearsals.passed, f.rehearsals.count), percent),
    column('roundTrip', t('indicators.roundTrip'), (f) => f.rehearsals.roundTripMs, tenth),
    column('loss', t('indicators.loss'), (f) => f.rehearsals.lossRatio, (value) => `${(value * 100).toFixed(2)}%`),
    column('ratings', t('indicators.ratings'), (f) => f.ratings.count),
    column('overall', t('indicators.overall'), (f) => f.ratings.overall, tenth),
    column('timeliness', t('indicators.timeliness'), (f) => f.ratings.timeliness, tenth),
    column('quality', t('indicators.quality'), (f) => f.ratings.quality, tenth),
    column('technique', t('indicators.technique'), (f) => f.ratings.technique, tenth),
  ];
}

export function figureTables(indicators: Indicators, t: Translate, language: LanguageName): FigureTable[] {
  const specialty = (code: string) => (Object.hasOwn(SPECIALTIES, code) ? pick(SPECIALTIES[code as SpecialtyCode], language) : code); // looked up by the table's own keys
  const named = (rows: Indicators['byCentre']) => rows.map(({ id, name, figures }) => ({ key: id, name: pick(name, language), figures }));
  return [
    { key: 'byMonth', title: t('indicators.byMonth'), rows: indicators.byMonth.map(({ month, figures }) => ({ key: month, name: month, figures })) },
    { key: 'byCentre', title: t('indicators.byCentre'), rows: named(indicators.byCentre) },
    { key: 'byHospital', title: t('indicators.byHospital'), rows: named(indicators.byHospital) },
    { key: 'bySpecialty', title: t('indicators.bySpecialty'), rows: indicators.bySpecialty.map(({ code, figures }) => ({ key: code, name: specialty(code), figures })) },
  ];
}

type Cell = string | number | null;
export type ExportSheet = { readonly name: string; readonly rows: readonly (readonly Cell[])[] };

/** What is exported: a sheet for each table, and the reasons as they were said. */
export function exportSheets(indicators: Indicators, t: Translate, language: LanguageName): ExportSheet[] {
  const columns = figureColumns(t);
  const figures = (name: string, one: Figures): Cell[] => [name, ...columns.map(({ raw }) => raw(one))];
  const sheets = figureTables(indicators, t, language).map(({ title, rows }) => ({
    name: title,
    rows: [[t('indicators.name'), ...columns.map((column) => column.title)], ...rows.map((row) => figures(row.name, row.figures)), figures(t('indicators.total'), indicators.total)],
  }));
  const reasons = indicators.reasons.map(({ kind, reason, count }): Cell[] => [t(`indicators.reason.${kind}`), reason, count]);
  return [...sheets, { name: t('indicators.reasons'), rows: [[t('indicators.kind'), t('indicators.reasonText'), t('indicators.count')], ...reasons] }];
}

/** [IND6] A spreadsheet takes text that begins so for a formula, also after white space. */
const FORMULA = /^[\s]*[=+\-@\t\r＝＋－＠]/;

/** Text that a spreadsheet shows and does not run. */
export function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** RFC 4180 with a byte order mark, without which Excel reads Chinese as something else. Sheets stand below each other. */
export function toCsv(sheets: readonly ExportSheet[]): string {
  const cell = (value: Cell) => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    return `"${harmless(value).replaceAll('"', '""')}"`;
  };
  return `\uFEFF${sheets.map(({ name, rows }) => [[name], ...rows].map((row) => row.map(cell).join(',')).join('\r\n')).join('\r\n\r\n')}\r\n`;
}
