import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { Attachment } from '#shared/domain/caseFile';
import { clockTime, fullName } from '../../i18n/format.ts';
import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { ConsentForm } from './ConsentForm.tsx';
import { useCase, useFile } from './fileContext.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { RetractButton, RetractionLine } from './RetractButton.tsx';
import { Nothing, Section } from './Section.tsx';
import { useBlob } from './useBlob.ts';

/** Consents as they were signed, with the form's own words, and the form for the next. */
export function ConsentSection() {
  const { t, language } = useText();
  const { canWrite } = useFile();
  const items = useCase((s) => s.items);
  const consents = ofKind(items, 'consent');
  const [isAdding, setAdding] = useState(false);
  const { wallMs } = useNow(60_000);
  return (
    <Section
      title={t('section.consent')}
      action={
        canWrite && !isAdding ? (
          <Button type="primary" size="large" icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="add-consent">
            {t('consent.add')}
          </Button>
        ) : null
      }
    >
      {isAdding && <ConsentForm onClose={() => setAdding(false)} />}
      {consents.length === 0 && !isAdding && <Nothing text={t('consent.none')} />}
      {consents.map((item) => {
        const { formTitle, formText, signerName, relation, signedAtMs, signature } = item.content.body;
        return (
          <article key={item.id} className="cf-entry" data-retracted={item.retraction !== null} data-testid={`consent-${item.id}`}>
            <div className="cf-entry-head">
              <strong>{formTitle}</strong>
              <PlaceChip place={item.place} />
              <span className="hz-grow" />
              <RetractButton item={item} name={formTitle} />
            </div>
            <RetractionLine item={item} />
            <p className="cf-text">{formText}</p>
            <div className="cf-signed">
              <Signature attachment={signature} name={signerName} />
              <p>
                <strong>{signerName}</strong> · {t(`relation.${relation}`)}
                <br />
                <span className="hz-muted hz-small">
                  {t('consent.signedAt', { time: clockTime(signedAtMs, wallMs, language) })} · {t('consent.takenBy', { name: fullName(item.author, language) })}
                </span>
              </p>
            </div>
          </article>
        );
      })}
    </Section>
  );
}

function Signature({ attachment, name }: { readonly attachment: Attachment; readonly name: string }) {
  const { t } = useText();
  const view = useBlob(attachment);
  if (view.phase === 'ready') return <img src={view.url} alt={t('consent.signatureOf', { name })} className="cf-signature" />;
  return <span className="cf-signature hz-small">{t(view.phase === 'loading' ? 'common.loading' : view.error.category === 'network' ? 'documents.notHere' : `error.${view.error.code}`)}</span>;
}
