import { CheckCircleFilled, LinkOutlined, QuestionCircleFilled, WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useStore } from 'zustand';
import type { FoundStudy, PacsModel } from '../../../state/imaging/pacsModel.ts';
import { Chip } from '../../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../../ui/text.ts';
import { saidDate, saidName } from './said.ts';

export interface FoundStudiesProps {
  readonly model: PacsModel;
  readonly found: readonly FoundStudy[];
  readonly isOnline: boolean;
  readonly onLink: (found: FoundStudy) => void;
  /** Said when there are none. */
  readonly none: string;
  readonly label: string;
}

/** Studies of the archive, each with whose it is and what can be done. */
export function FoundStudies({ model, found, isOnline, onLink, none, label }: FoundStudiesProps) {
  if (found.length === 0) return <p className="hz-muted" data-testid="pacs-nothing">{none}</p>;
  return (
    <ul className="ai-found" aria-label={label}>
      {found.map((one) => (
        <Study key={one.study.studyUid} found={one} model={model} isOnline={isOnline} onLink={onLink} />
      ))}
    </ul>
  );
}

function Study({ found, model, isOnline, onLink }: Pick<FoundStudiesProps, 'model' | 'isOnline' | 'onLink'> & { readonly found: FoundStudy }) {
  const { t } = useText();
  const { study, match } = found;
  const isBusy = useStore(model.store, (s) => s.busy.has(study.studyUid));
  const error = useStore(model.store, (s) => s.studyErrors.get(study.studyUid) ?? null);
  return (
    <li data-testid={`pacs-study-${study.studyUid}`}>
      <div className="hz-grow">
        <b>{saidName(study.patient.name) || t('import.nobody')}</b> <span className="hz-muted">{[study.patient.id, saidDate(study.patient.birthDate)].filter((part) => part !== '').join(' · ')}</span>
        <p>
          {study.modalities.join(' ')} · {study.description || t('imaging.noDescription')}
        </p>
        <p className="hz-muted hz-small">
          {saidDate(study.date) || t('imaging.noDate')}
          {study.instances !== null && <> · {t('imaging.images', { count: study.instances })}</>}
          {study.accession !== '' && <> · {study.accession}</>}
        </p>
        {error && <ErrorNotice error={error} />}
      </div>
      {match.overall === 'same' ? (
        <Chip tone="good" icon={<CheckCircleFilled />}>{t('import.match.same')}</Chip>
      ) : (
        <Chip tone={match.overall === 'differs' ? 'bad' : 'caution'} icon={match.overall === 'differs' ? <WarningFilled /> : <QuestionCircleFilled />}>
          {t(`import.match.${match.overall}`)}
        </Chip>
      )}
      {study.linked === 'no' ? (
        <Button size="large" icon={<LinkOutlined />} loading={isBusy} disabled={!isOnline} onClick={() => onLink(found)} data-testid={`pacs-link-${study.studyUid}`}>
          {t('pacs.link')}
        </Button>
      ) : (
        <span className="hz-muted">{t(study.linked === 'here' ? 'pacs.linkedHere' : 'pacs.linkedElsewhere')}</span>
      )}
    </li>
  );
}
