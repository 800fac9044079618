import type { CaseItemContent } from '#shared/domain/caseFile';
import { assertNever } from '#shared/lib/assert';
import { type LanguageName, pick } from '../../i18n/format.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import type { Translate } from '../../ui/text.ts';
import { labFlag } from './labView.ts';
import { VITALS } from './vitalsView.ts';

/** A value with its unit as it is written: `36.5 °C`, `98%`. */
export function withUnit(value: number, unit: string, decimals: 0 | 1): string {
  const text = decimals === 0 ? String(value) : value.toFixed(decimals);
  return unit === '%' || unit.startsWith('/') ? `${text}${unit}` : `${text} ${unit}`;
}

/** All of a round of measurements in one line. */
export function vitalsLine(body: Extract<CaseItemContent, { kind: 'vitals' }>['body'], t: Translate): string {
  const parts = VITALS.flatMap(({ name, unit, decimals }) => {
    const value = body[name];
    if (value === null || name === 'diastolicMmHg') return [];
    if (name === 'systolicMmHg') return [`${t('vital.pressure')} ${value}/${body.diastolicMmHg ?? '–'} mmHg`];
    return [`${t(`field.vitals.${name}`)} ${withUnit(value, unit, decimals)}`];
  });
  return parts.join(t('common.listComma'));
}

/** What an item says, in a line or two of plain text: for the timeline, for finding and for lists. */
export function itemSummary({ content, text }: Pick<ViewedItem, 'content' | 'text'>, t: Translate, language: LanguageName): string {
  switch (content.kind) {
    case 'patient':
      return [content.body.name, t(`sex.${content.body.sex}`), ...(content.body.ageYears === null ? [] : [t('patient.age', { count: content.body.ageYears })])].join(' · ');
    case 'request':
      return [content.body.question, content.body.diagnosis].filter((part) => part !== '').join(' · ');
    case 'history':
      return [content.body.presentIllness, content.body.pastHistory, content.body.medication, content.body.allergies].filter((part) => part !== '').join(' · ');
    case 'examination':
      return [content.body.general, content.body.findings].filter((part) => part !== '').join(' · ');
    case 'vitals':
      return vitalsLine(content.body, t);
    case 'lab': {
      const { body } = content;
      const flag = labFlag(body);
      return `${pick(body.name, language)} ${body.value === null ? (body.text ?? '') : `${body.value} ${body.unit}`}${flag === null ? '' : ` · ${t(`flag.${flag}`)}`}`;
    }
    case 'document':
      return `${content.body.title} · ${t(`documentCategory.${content.body.category}`)}`;
    case 'imaging':
    case 'series':
      return `${content.body.modality} · ${content.body.description}`;
    case 'opinion':
      return [content.body.findings, content.body.recommendation].filter((part) => part !== '').join(' · ');
    case 'consent':
      return `${content.body.formTitle} · ${content.body.signerName}（${t(`relation.${content.body.relation}`)}）`;
    case 'note':
      return [content.body.title, text ?? ''].filter((part) => part !== '').join(' · ');
    case 'marks':
      return t('imaging.marksOfCase');
    case 'imagingView':
      return content.body.consultId === null ? content.body.title : t('kept.lastShown');
    default:
      return assertNever(content);
  }
}
