import { Button, Input, Radio, Rate } from 'antd';
import { useState } from 'react';
import type { ConsultRequest, Rating } from '#shared/domain/consultation/request';
import type { RequestDetail } from '#shared/protocol/consultation';
import { clockTime, fullName } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { isOpenStep, partyOf, useRequests } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

const ADOPTIONS = ['adopted', 'partly', 'notAdopted'] as const;
const MARKS = ['overall', 'timeliness', 'quality', 'technique'] as const;

/** What follows the opinion: what the hospital did with it, and what both sides thought of the consultation. */
export function AfterSections({ detail }: { readonly detail: RequestDetail }) {
  const { request } = detail;
  const mayRecord = isOpenStep(detail, 'recordOutcome');
  const { self } = useRequests();
  const ownSide = self.role === 'requester' ? 'hospital' : 'expert';
  const mayRate = isOpenStep(detail, 'rate') && request.ratings[ownSide] === null;
  return (
    <>
      {request.outcome !== null && <OutcomeView detail={detail} outcome={request.outcome} />}
      {mayRecord && request.outcome === null && <OutcomeForm />}
      {(request.ratings.hospital !== null || request.ratings.expert !== null) && <Ratings ratings={request.ratings} />}
      {mayRate && <RatingForm />}
    </>
  );
}

function OutcomeView({ detail, outcome }: { readonly detail: RequestDetail; readonly outcome: NonNullable<ConsultRequest['outcome']> }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  const by = partyOf(detail, outcome.by.id);
  return (
    <Section title={t('request.section.outcome')} testId="outcome">
      <p>
        <strong>{t(`outcome.adoption.${outcome.adoption}`)}</strong> <span className="hz-muted hz-small">{[by && fullName(by, language), clockTime(outcome.by.atMs, wallMs, language)].filter(Boolean).join(' · ')}</span>
      </p>
      <p className="rq-note">{outcome.text}</p>
    </Section>
  );
}

function OutcomeForm() {
  const { t } = useText();
  const { take, taking, isOff } = useTake();
  const [adoption, setAdoption] = useState<(typeof ADOPTIONS)[number]>('adopted');
  const [text, setText] = useState('');
  const [isAsked, setAsked] = useState(false);
  const save = () => {
    setAsked(true);
    if (text.trim() !== '') void take({ type: 'recordOutcome', adoption, text: text.trim() });
  };
  return (
    <Section title={t('request.section.outcome')} testId="outcome-form">
      <Radio.Group aria-label={t('outcome.adoption')} value={adoption} onChange={({ target }) => setAdoption(ADOPTIONS.find((one) => one === target.value) ?? 'adopted')} options={ADOPTIONS.map((value) => ({ value, label: t(`outcome.adoption.${value}`) }))} />
      <label className="rq-field">
        <span>{t('outcome.text')}</span>
        <Input.TextArea value={text} onChange={(event) => setText(event.target.value)} maxLength={4000} autoSize={{ minRows: 3, maxRows: 10 }} data-testid="outcome-text" />
      </label>
      {isAsked && text.trim() === '' && <p className="rq-problem" role="alert">{t('outcome.required')}</p>}
      <div className="rq-form-end">
        <Button type="primary" disabled={isOff} loading={taking === 'recordOutcome'} onClick={save} data-testid="step-recordOutcome">
          {t('outcome.save')}
        </Button>
      </div>
    </Section>
  );
}

function Ratings({ ratings }: { readonly ratings: ConsultRequest['ratings'] }) {
  const { t } = useText();
  const line = (rating: Rating) => MARKS.map((mark) => t('rating.stars', { name: t(`rating.${mark}`), count: rating[mark] })).join(' · ');
  return (
    <Section title={t('request.section.ratings')} testId="ratings">
      {(['hospital', 'expert'] as const).map((side) => {
        const rating = ratings[side];
        return (
          <div key={side}>
            <strong>{t(`rating.${side}`)}</strong>
            <p className={rating === null ? 'hz-muted' : ''}>{rating === null ? t('rating.none') : line(rating)}</p>
            {rating !== null && rating.comment !== '' && <p className="rq-note">{rating.comment}</p>}
          </div>
        );
      })}
    </Section>
  );
}

function RatingForm() {
  const { t } = useText();
  const { take, taking, isOff } = useTake();
  const [marks, setMarks] = useState<Readonly<Record<(typeof MARKS)[number], number>>>({ overall: 0, timeliness: 0, quality: 0, technique: 0 });
  const [comment, setComment] = useState('');
  const [isAsked, setAsked] = useState(false);
  const isReady = MARKS.every((mark) => marks[mark] > 0);
  const save = () => {
    setAsked(true);
    if (isReady) void take({ type: 'rate', rating: { ...marks, comment: comment.trim() } });
  };
  return (
    <Section title={t('step.rate')} testId="rating-form">
      {MARKS.map((mark) => (
        <div key={mark} className="rq-line">
          <span className="rq-wide">{t(`rating.${mark}`)}</span>
          <Rate value={marks[mark]} onChange={(value) => setMarks({ ...marks, [mark]: value })} tooltips={[1, 2, 3, 4, 5].map((count) => t('rating.stars', { name: t(`rating.${mark}`), count }))} data-testid={`rate-${mark}`} />
        </div>
      ))}
      <label className="rq-field">
        <span>{t('rating.comment')}</span>
        <Input value={comment} onChange={(event) => setComment(event.target.value)} maxLength={1000} />
      </label>
      {isAsked && !isReady && <p className="rq-problem" role="alert">{t('rating.required')}</p>}
      <div className="rq-form-end">
        <Button type="primary" disabled={isOff} loading={taking === 'rate'} onClick={save} data-testid="step-rate">
          {t('rating.save')}
        </Button>
      </div>
    </Section>
  );
}
