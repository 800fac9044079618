import { Button, Input, Segmented, Select } from 'antd';
import { useState } from 'react';
import type { CaseItemBody } from '#shared/domain/caseFile';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { useCase, useFile } from './fileContext.ts';
import { CONSENT_TEXTS, type ConsentLanguage } from './consentTexts.ts';
import { SignaturePad, signaturePng, type Stroke } from './SignaturePad.tsx';
import { useWork } from './useWork.ts';

type Relation = CaseItemBody<'consent'>['relation'];
const RELATIONS: readonly Relation[] = ['patient', 'spouse', 'parent', 'child', 'guardian', 'other'];

/** The form's words in the signer's language, who signs, and the signature. What is signed is what is read here. */
export function ConsentForm({ onClose }: { readonly onClose: () => void }) {
  const { t, language } = useText();
  const clock = useClock();
  const { model } = useFile();
  const patientName = useCase((s) => s.summary?.patientName ?? '');
  const [formLanguage, setFormLanguage] = useState<ConsentLanguage>(language === 'en' ? 'en' : 'zh');
  const [form, setForm] = useState(CONSENT_TEXTS[formLanguage]);
  const [signerName, setSignerName] = useState('');
  const [relation, setRelation] = useState<Relation>('patient');
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  const [isAsked, setAsked] = useState(false);
  const { isWorking, error, run } = useWork();
  const signer = relation === 'patient' && signerName === '' ? patientName : signerName.trim();
  const isReady = signer !== '' && strokes.length > 0 && form.text.trim() !== '';

  const choose = (next: ConsentLanguage) => {
    setFormLanguage(next);
    setForm(CONSENT_TEXTS[next]);
    setStrokes([]); // a signature stands under the words that were read
  };
  const save = async () => {
    setAsked(true);
    if (!isReady) return;
    const isKept = await run(async () => model.addConsent({ formTitle: form.title, formText: form.text, signerName: signer, relation, signedAtMs: clock.wallMs() }, await signaturePng(strokes)));
    if (isKept) onClose();
  };
  return (
    <form
      className="cf-form"
      data-testid="consent-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Segmented
        aria-label={t('consent.language')}
        value={formLanguage}
        onChange={choose}
        options={[
          { value: 'zh' as const, label: '中文' },
          { value: 'en' as const, label: 'English' },
        ]}
      />
      <div className="cf-consent-text" lang={formLanguage === 'zh' ? 'zh-CN' : 'en'}>
        <strong>{form.title}</strong>
        <Input.TextArea value={form.text} onChange={(event) => setForm({ ...form, text: event.target.value })} maxLength={20_000} autoSize={{ minRows: 5, maxRows: 18 }} disabled={strokes.length > 0} aria-label={t('consent.text')} />
      </div>
      <div className="cf-two">
        <label className="cf-field" htmlFor="consent-relation">
          <span>{t('consent.relation')}</span>
          <Select id="consent-relation" size="large" value={relation} onChange={setRelation} options={RELATIONS.map((value) => ({ value, label: t(`relation.${value}`) }))} />
        </label>
        <label className="cf-field">
          <span>{t('consent.signer')}</span>
          <Input size="large" value={signerName} placeholder={relation === 'patient' ? patientName : ''} maxLength={80} onChange={(event) => setSignerName(event.target.value)} data-testid="consent-signer" />
        </label>
      </div>
      <div className="cf-field">
        <span>{t('consent.signature')}</span>
        <SignaturePad strokes={strokes} onStrokes={setStrokes} />
      </div>
      {isAsked && signer === '' && <p className="cf-problem" role="alert">{t('consent.needsName')}</p>}
      {isAsked && strokes.length === 0 && <p className="cf-problem" role="alert">{t('consent.needsSignature')}</p>}
      {error && <ErrorNotice error={error} />}
      <div className="cf-form-end">
        <Button size="large" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="primary" size="large" htmlType="submit" loading={isWorking} data-testid="save-consent">
          {t('consent.save')}
        </Button>
      </div>
    </form>
  );
}
