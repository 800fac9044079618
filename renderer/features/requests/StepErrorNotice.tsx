import { Button } from 'antd';
import type { AppError } from '#shared/protocol/errors';
import type { RequestDetail } from '#shared/protocol/consultation';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { partyOf } from './requestContext.ts';
import { wordOf } from './words.ts';

/** Why a step was not taken, in the reader's words: what was missing or taken; the rule's number stands small beside it. */
export function StepErrorNotice({ error, detail, onClose }: { readonly error: AppError; readonly detail: RequestDetail | null; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const taken = (error.taken ?? []).map(({ id, fromMs, untilMs }) => {
    const span = { from: clockTime(fromMs, wallMs, language), to: clockTime(untilMs, wallMs, language) };
    const party = detail === null ? null : partyOf(detail, id);
    return party === null ? t('stepError.takenOther', span) : t('stepError.taken', { ...span, name: fullName(party, language) });
  });
  const text = error.code === 'record.conflict' && error.rule === 'WFL38' ? t('stepError.changed') : taken.length > 0 ? `${t(`error.${error.code}`)} ${taken.join(' ')}` : withNames(error, t);
  return (
    <ErrorNotice
      error={error}
      text={text}
      action={
        <span className="hz-row">
          {error.rule !== undefined && <span className="hz-muted hz-small">{error.rule}</span>}
          <Button size="small" onClick={onClose}>{t('common.dismiss')}</Button>
        </span>
      }
    />
  );
}

function withNames(error: AppError, t: Translate): string {
  const text = t(`error.${error.code}` as MessageKey);
  const names = (error.named ?? []).map((name) => wordOf(name, t)).filter((word) => word !== null);
  return names.length === 0 ? text : t('stepError.named', { text, names: names.join(t('common.listComma')) });
}
