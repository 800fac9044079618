import type { RequestForm } from '#shared/domain/consultation/form';
import { clockTime } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { specialtyName } from './words.ts';

/** The request as it was sent. */
export function FormFacts({ form }: { readonly form: RequestForm }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  return (
    <dl className="rq-facts">
      <dt>{t('form.question')}</dt>
      <dd>{form.question || t('form.none')}</dd>
      <dt>{t('form.diagnosis')}</dt>
      <dd>{form.diagnosis || t('form.none')}</dd>
      <dt>{t('form.kind')}</dt>
      <dd>{t(`kind.${form.kind}`)}</dd>
      <dt>{t('form.wanted')}</dt>
      <dd>
        {form.wanted.length === 0
          ? t('form.none')
          : form.wanted.map(({ specialty, leastGrade, count }) => t('form.wantedRow', { specialty: specialtyName(specialty, language), grade: t(`grade.${leastGrade}`), count })).join('\n')}
      </dd>
      {form.preferredTimes.length > 0 && (
        <>
          <dt>{t('form.preferred')}</dt>
          <dd>{form.preferredTimes.map(({ fromMs, toMs }) => t('form.preferredRow', { from: clockTime(fromMs, wallMs, language), to: clockTime(toMs, wallMs, language) })).join('\n')}</dd>
        </>
      )}
      {form.needsCart && (
        <>
          <dt>{t('appointment.carts')}</dt>
          <dd>{t('form.cart')}</dd>
        </>
      )}
    </dl>
  );
}
