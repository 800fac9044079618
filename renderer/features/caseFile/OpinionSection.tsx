import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { clockTime, fullName } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useCase, useFile } from './fileContext.ts';
import { FieldRow } from './FieldRow.tsx';
import { ItemNotices } from './ItemNotices.tsx';
import { PlaceChip } from './PlaceChip.tsx';
import { emptyContent, RECORD_FIELDS } from './recordFields.ts';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { Nothing, Section } from './Section.tsx';
import { useWork } from './useWork.ts';

/** Opinions while they are written. Signing comes with the consult. */
export function OpinionSection() {
  const { t, language } = useText();
  const { model, canWrite, opinions: signed } = useFile();
  const items = useCase((s) => s.items);
  const opinions = ofKind(items, 'opinion');
  const { isWorking, error, run } = useWork();
  const { wallMs } = useNow(60_000);
  return (
    <Section
      title={t('section.opinion')}
      action={
        canWrite ? (
          <Button type="primary" size="large" icon={<PlusOutlined />} loading={isWorking} onClick={() => void run(() => model.add(emptyContent('opinion')))} data-testid="add-opinion">
            {t('opinion.add')}
          </Button>
        ) : null
      }
    >
      {signed}
      <p className="hz-muted">{t('opinion.draftHelp')}</p>
      {error && <ErrorNotice error={error} />}
      {opinions.length === 0 && <Nothing text={t('opinion.none')} />}
      {opinions.map((item) => (
        <article key={item.id} className="cf-entry" data-retracted={item.retraction !== null} data-testid={`opinion-${item.id}`}>
          <div className="cf-entry-head">
            <strong>{fullName(item.author, language)}</strong>
            <span className="hz-muted hz-small">{clockTime(item.changedAtMs, wallMs, language)}</span>
            <PlaceChip place={item.place} />
            <span className="hz-grow" />
            <RetractButton item={item} name={t('opinion.of', { name: fullName(item.author, language) })} />
          </div>
          <RetractionLine item={item} />
          <ItemNotices item={item} />
          <dl className="cf-record">
            {RECORD_FIELDS.opinion.map((field) => (
              <FieldRow key={field.name} kind="opinion" item={item} field={field} />
            ))}
          </dl>
        </article>
      ))}
    </Section>
  );
}
