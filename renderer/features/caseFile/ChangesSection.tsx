import { DeleteOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { assertNever } from '#shared/lib/assert';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import type { CaseState } from '../../state/cases/caseModel.ts';
import { changeTitle } from '../../ui/caseText.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ExportButton } from '../../ui/parts/ExportButton.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { ConflictDialog } from './ConflictDialog.tsx';
import { useCase, useFile } from './fileContext.ts';
import { placeOf } from './placeOf.ts';
import { PlaceChip } from './PlaceChip.tsx';
import { Nothing, Section } from './Section.tsx';

type Entry = CaseState['outbox'][number];

/** Every change made here, with where it is and the server's word on it [OFF4]. */
export function ChangesSection() {
  const { t, language } = useText();
  const { model, throwAway } = useFile();
  const outbox = useCase((s) => s.outbox);
  const items = useCase((s) => s.items);
  const [deciding, setDeciding] = useState<ViewedItem | null>(null);
  const [asked, setAsked] = useState<Entry | null>(null);
  const { wallMs } = useNow(30_000);
  const itemOf = ({ change }: Entry) => items.find(({ id }) => id === change.operation.itemId) ?? null;
  const titleOf = (entry: Entry) => changeTitle(entry.change.operation, itemOf(entry)?.content.kind ?? null, t);
  const sorted = [...outbox].reverse();

  return (
    <Section title={t('section.changes')}>
      <p className="hz-muted">{t('changes.help')}</p>
      {sorted.length === 0 && <Nothing text={t('changes.none')} />}
      <ul className="cf-changes" data-testid="changes">
        {sorted.map((entry) => {
          const item = itemOf(entry);
          const place = placeOf(entry, item);
          return (
            <li key={entry.change.id} className="cf-change" data-place={place}>
              <div className="hz-grow">
                <strong>{titleOf(entry)}</strong>
                <p className="hz-muted hz-small">{t('changes.madeAt', { time: clockTime(entry.change.madeAtMs, wallMs, language) })}</p>
                <p className="hz-small">{detail(entry)}</p>
              </div>
              <PlaceChip place={place} />
              {place === 'conflict' && item?.conflict && (
                <Button type="primary" onClick={() => setDeciding(item)}>
                  {t('cases.decide')}
                </Button>
              )}
              {place === 'refused' && (
                <>
                  <ExportButton make={() => model.exportChanges([entry])} fileName={`${entry.change.id}.zip`} />
                  <Button danger icon={<DeleteOutlined />} onClick={() => setAsked(entry)} aria-label={t('cases.throwAwayNamed', { change: titleOf(entry) })}>
                    {t('cases.throwAway')}
                  </Button>
                </>
              )}
            </li>
          );
        })}
      </ul>
      {deciding && <ConflictDialog item={deciding} onClose={() => setDeciding(null)} />}
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('cases.throwAwayTitle', { change: titleOf(asked) })}
          text={t('changes.throwAwayText')}
          confirmLabel={t('cases.throwAway')}
          onConfirm={() => {
            throwAway(asked);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
    </Section>
  );

  function detail({ state, receipt, attempts, stateAtMs, needs }: Entry): string {
    switch (state) {
      case 'waiting':
        return `${needs.length > 0 ? t('changes.withFile') : ''}${attempts === 0 ? t('changes.notTried') : t('changes.tried', { count: attempts })}`;
      case 'held':
        return receipt?.status === 'held' ? t('changes.held', { time: clockTime(receipt.heldAtMs, wallMs, language), revision: receipt.revision }) : t('changes.heldAt', { time: clockTime(stateAtMs, wallMs, language) });
      case 'conflict': {
        const first = receipt?.status === 'conflict' ? receipt.conflicts[0] : undefined;
        return first ? t('cases.conflictBy', { name: fullName(first.by, language), time: clockTime(first.atMs, wallMs, language) }) : t('placeHelp.conflict');
      }
      case 'refused':
        return receipt?.status === 'refused' ? t(`error.${receipt.code}`) : t('placeHelp.refused');
      default:
        return assertNever(state);
    }
  }
}
