import { ExclamationCircleOutlined, SwapOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { ConflictDialog } from './ConflictDialog.tsx';

/** What needs a person at an entry: a conflict to decide, or a change the server refused. */
export function ItemNotices({ item, onChanges }: { readonly item: ViewedItem; readonly onChanges?: () => void }) {
  const { t } = useText();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {item.conflict && (
        <div className="cf-notice" role="alert" data-testid={`conflict-${item.id}`}>
          <SwapOutlined />
          <span className="hz-grow">{t('conflict.notice')}</span>
          <Button onClick={() => setOpen(true)} data-testid={`decide-${item.id}`}>
            {t('cases.decide')}
          </Button>
        </div>
      )}
      {item.refusal && (
        <div className="cf-notice" data-tone="bad" role="alert">
          <ExclamationCircleOutlined />
          <span className="hz-grow">{t('refusal.notice', { reason: t(`error.${item.refusal.receipt.code}`) })}</span>
          {onChanges && <Button onClick={onChanges}>{t('cases.look')}</Button>}
        </div>
      )}
      {isOpen && <ConflictDialog item={item} onClose={() => setOpen(false)} />}
    </>
  );
}
