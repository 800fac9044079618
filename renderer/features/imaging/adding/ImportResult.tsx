import { Button, Segmented } from 'antd';
import { useState } from 'react';
import { useStore } from 'zustand';
import { MAX_CHOSEN } from '../../../services/imaging/importing/chosenFiles.ts';
import type { ImportedFile, ImportModel } from '../../../state/imaging/importModel.ts';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../../ui/text.ts';
import { type FileRow, FileTable } from './FileTable.tsx';

/** Fates in the order in which somebody has to look at them. */
const FATES = ['refused', 'lost', 'skipped', 'hidden', 'stored', 'there'] as const;
type Fate = (typeof FATES)[number];

/** `hidden`: stored, and the server says why it cannot be shown. */
function fateOf({ outcome }: ImportedFile): Fate {
  return outcome.type === 'stored' && outcome.notDisplayable !== null ? 'hidden' : outcome.type;
}

function rowOf({ path, outcome }: ImportedFile, t: Translate): FileRow {
  if (outcome.type === 'refused') return { path, text: t(`error.${outcome.code}`), detail: outcome.reason };
  if (outcome.type === 'stored') return { path, text: t(outcome.notDisplayable === null ? 'import.fate.stored' : 'import.fate.hidden'), detail: outcome.notDisplayable ?? '' };
  return { path, text: t(`import.fate.${outcome.type}`), detail: '' };
}

/** What became of each file. */
export function ImportResult({ model, onClose }: { readonly model: ImportModel; readonly onClose: () => void }) {
  const { t } = useText();
  const results = useStore(model.store, (s) => s.results);
  const left = useStore(model.store, (s) => s.left);
  const error = useStore(model.store, (s) => s.error);
  const counted = FATES.map((fate) => ({ fate, files: results.filter((one) => fateOf(one) === fate) })).filter(({ files }) => files.length > 0);
  const [wanted, setWanted] = useState<Fate | null>(null);
  const shown = counted.find(({ fate }) => fate === wanted) ?? counted[0];
  return (
    <div className="ai-step" data-testid="import-result">
      {error && <ErrorNotice error={error} />}
      {left.some(({ why }) => why === 'rest') && <p className="hz-banner" role="alert" data-testid="import-rest">{t('import.tooMany', { count: MAX_CHOSEN })}</p>}
      <ul className="ai-counts">
        {counted.map(({ fate, files }) => (
          <li key={fate} data-fate={fate} data-testid={`import-count-${fate}`}>
            <b>{files.length}</b> {t(`import.fate.${fate}`)}
          </li>
        ))}
        {left.length > 0 && (
          <li data-fate="left" data-testid="import-count-left">
            <b>{left.length}</b> {t('import.fate.left')}
          </li>
        )}
      </ul>
      {counted.length > 1 && <Segmented value={shown?.fate ?? 'stored'} onChange={(fate) => setWanted(fate)} options={counted.map(({ fate }) => ({ value: fate, label: t(`import.fate.${fate}`) }))} />}
      {shown && <FileTable rows={shown.files.map((one) => rowOf(one, t))} label={t(`import.fate.${shown.fate}`)} />}
      <div className="hz-row-wrap">
        <Button
          type="primary"
          size="large"
          data-testid="import-close"
          onClick={() => {
            model.reset();
            onClose();
          }}
        >
          {t('import.toImages')}
        </Button>
        <Button size="large" onClick={model.reset} data-testid="import-again">
          {t('import.other')}
        </Button>
      </div>
    </div>
  );
}
