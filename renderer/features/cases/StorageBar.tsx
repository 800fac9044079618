import { HddOutlined, SafetyOutlined, WarningOutlined } from '@ant-design/icons';
import { byteSize } from '../../i18n/format.ts';
import type { StorageView } from '../../state/cases/caseFilesModel.ts';
import { useText } from '../../ui/text.ts';

/** How much room the copies take, of how much there is, and whether the browser may clear them by itself. */
export function StorageBar({ storage }: { readonly storage: StorageView }) {
  const { t } = useText();
  const { usedBytes, quotaBytes, isPersistent } = storage;
  const text = quotaBytes === null ? t('cases.storageUsed', { used: byteSize(usedBytes) }) : t('cases.storageOf', { used: byteSize(usedBytes), quota: byteSize(quotaBytes) });
  const share = quotaBytes === null || quotaBytes === 0 ? 0 : Math.min(1, usedBytes / quotaBytes);
  return (
    <div className="cs-storage" data-testid="cases-storage">
      <span className="hz-small">
        <HddOutlined /> {text}
      </span>
      {quotaBytes !== null && (
        <div className="hz-level" role="meter" aria-label={t('cases.storage')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={text} data-level={share > 0.9 ? 'high' : 'normal'}>
          <span style={{ transform: `scaleX(${share})` }} />
        </div>
      )}
      <span className="hz-small hz-muted">
        {isPersistent ? <SafetyOutlined /> : <WarningOutlined />} {t(isPersistent ? 'cases.persistent' : 'cases.notPersistent')}
      </span>
    </div>
  );
}
