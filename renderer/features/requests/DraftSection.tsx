import { useCallback, useState } from 'react';
import type { RequiredPart } from '#shared/domain/consultation/form';
import type { RequestDetail } from '#shared/protocol/consultation';
import { useText } from '../../ui/text.ts';
import { FormEditor } from './FormEditor.tsx';
import { useRequests } from './requestContext.ts';
import { MaterialSection } from './MaterialSection.tsx';
import { Section } from './Section.tsx';
import { SendSection } from './SendSection.tsx';

/** What this machine knows of the case while its form is open: more than the server, as long as something is on its way. */
export interface LiveForm {
  readonly missing: readonly RequiredPart[];
  readonly isEmergency: boolean;
  readonly hasConsent: boolean;
  /** Something written here is not with the server yet. */
  readonly isUnsent: boolean;
}

/** The hospital's turn: the form in the case file, what it still lacks, and the way on. */
export function DraftSection({ detail }: { readonly detail: RequestDetail }) {
  const { t } = useText();
  const { slots } = useRequests();
  const [live, setLive] = useState<LiveForm | null>(null);
  const onLive = useCallback((next: LiveForm | null) => setLive((now) => (JSON.stringify(now) === JSON.stringify(next) ? now : next)), []);
  const { request, missing, hasConsent } = detail;
  const known = live ?? { missing, isEmergency: request.form.urgency === 'emergency', hasConsent, isUnsent: false };
  return (
    <>
      {request.materialAsked !== null && <MaterialSection detail={detail} asked={request.materialAsked} isUnsent={known.isUnsent} />}
      <Section title={t('request.section.form')} testId="request-form">
        {slots.caseGate(<FormEditor detail={detail} onLive={onLive} />)}
      </Section>
      {request.state === 'draft' && <SendSection detail={detail} form={known} />}
    </>
  );
}
