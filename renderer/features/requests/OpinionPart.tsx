import { CheckCircleOutlined, ClockCircleOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { RequestDetail } from '#shared/protocol/consultation';
import { fullName } from '../../i18n/format.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';
import { partyOf } from './requestContext.ts';
import { Section } from './Section.tsx';

/** Where the opinion is: who has signed it and who is to; and the way to write, sign, return and open it, which another feature draws. */
export function OpinionPart({ detail, children }: { readonly detail: RequestDetail; readonly children: ReactNode }) {
  const { t, language } = useText();
  const { opinion, state } = detail.request;
  if (opinion === null && children === null) return null;
  return (
    <Section title={t('request.section.opinion')} testId="opinion-state">
      {opinion === null && state === 'opinionDue' && <p className="hz-muted">{t('opinion.due')}</p>}
      {opinion !== null && (
        <ol aria-label={t('opinion.signers')}>
          {opinion.signerIds.map((id) => {
            const party = partyOf(detail, id);
            const hasSigned = opinion.signedIds.includes(id);
            return (
              <li key={id} className="rq-person">
                <span className="hz-grow">{party === null ? id : fullName(party, language)}</span>
                <Chip tone={hasSigned ? 'good' : 'caution'} icon={hasSigned ? <CheckCircleOutlined /> : <ClockCircleOutlined />}>{t(hasSigned ? 'opinion.signed' : 'opinion.waiting')}</Chip>
              </li>
            );
          })}
        </ol>
      )}
      {children}
    </Section>
  );
}
