import { FileDoneOutlined, PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { CaseId, ConsultId, OpinionId } from '#shared/domain/ids';
import { clockTime, shortName } from '../../i18n/format.ts';
import type { OpinionListModel } from '../../state/opinionListModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import './opinion.css';

export interface OpinionListProps {
  readonly model: OpinionListModel;
  readonly caseId: CaseId;
  /** The session whose opinion can be begun here; null: none. */
  readonly consultId: ConsultId | null;
  readonly canWrite: boolean;
  /** A part of a section that has its own heading. */
  readonly isPart: boolean;
  readonly isOnline: boolean;
  readonly onOpen: (opinionId: OpinionId) => void;
}

/** The opinions on a case, for the places that show a case or a request. */
export default function OpinionList({ model, caseId, consultId, canWrite, isPart, isOnline, onOpen }: OpinionListProps) {
  const { t, language } = useText();
  const { opinions, isWorking, error } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  useEffect(() => {
    model.open(caseId);
    return () => model.close();
  }, [model, caseId]);
  const begin = async () => {
    if (consultId === null) return;
    const id = await model.begin(consultId);
    if (id !== null) onOpen(id);
  };
  const hasOwn = opinions?.some((one) => one.consultId === consultId && one.addendumTo === null) ?? false;
  return (
    <section className="op-list" aria-label={t('opinionDoc.list')} data-testid="opinion-list">
      <div className="hz-row-wrap">
        {!isPart && <h2 className="hz-grow">{t('opinionDoc.list')}</h2>}
        {canWrite && consultId !== null && opinions !== null && !hasOwn && (
          <Button type="primary" icon={<PlusOutlined />} loading={isWorking} disabled={!isOnline} onClick={() => void begin()} data-testid="begin-opinion">
            {t('opinionDoc.begin')}
          </Button>
        )}
      </div>
      {error && <ErrorNotice error={error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
      {opinions === null && error === null && <p role="status">{isOnline ? t('common.loading') : t('opinionDoc.listOffline')}</p>}
      {opinions?.length === 0 && <p className="hz-muted">{t('opinionDoc.listEmpty')}</p>}
      <ul>
        {opinions?.map((one) => {
          const next = one.panel.find(({ id }) => id === one.nextSignerId);
          return (
            <li key={one.id}>
              <button type="button" className="op-row" onClick={() => onOpen(one.id)} data-testid={`open-opinion-${one.id}`}>
                <FileDoneOutlined />
                <span className="hz-grow">
                  <strong>{t(one.addendumTo === null ? 'opinionDoc.title' : 'opinionDoc.addendumTitle')}</strong>
                  <small className="hz-muted">
                    {one.version === 0 ? t('opinionDoc.noVersions') : t('opinionDoc.version', { number: one.version })} · {clockTime(one.changedAtMs, wallMs, language)}
                    {next && ` · ${t('opinionDoc.waitsFor', { name: shortName(next, language) })}`}
                  </small>
                </span>
                <Chip tone={one.status === 'signed' ? 'good' : one.status === 'draft' ? 'neutral' : 'caution'}>{t(`opinionStatus.${one.status}`)}</Chip>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
