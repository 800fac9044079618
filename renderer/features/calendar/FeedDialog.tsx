import { CopyOutlined } from '@ant-design/icons';
import { Button, Input, Modal } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { drop } from '#shared/lib/drop';
import { clockTime } from '../../i18n/format.ts';
import type { CalendarModel } from '../../state/schedule/calendarModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

/** [SCH17] The secret address of the own calendar: made, shown once, taken back. */
export function FeedDialog({ model, serverUrl, onClose }: { readonly model: CalendarModel; readonly serverUrl: string; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { feed, feedPath, isWorking, error } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    model.readFeed();
    return () => model.putAwayFeed();
  }, [model]);
  const createdAtMs = feed?.createdAtMs ?? null;
  const address = feedPath === null ? null : new URL(feedPath, serverUrl).href;
  return (
    <Modal open centered title={t('cal.feedTitle')} onCancel={onClose} footer={<Button onClick={onClose}>{t('common.close')}</Button>}>
      <div className="hz-column" data-testid="feed-dialog">
        <p>{t('cal.feedText')}</p>
        {address !== null && (
          <>
            <strong>{t('cal.feedOnce')}</strong>
            <div className="hz-row">
              <Input readOnly value={address} aria-label={t('cal.feedTitle')} onFocus={({ target }) => target.select()} data-testid="feed-address" />
              <Button icon={<CopyOutlined />} onClick={() => drop(navigator.clipboard.writeText(address).then(() => setCopied(true)), 'the address can be copied by hand')}>
                {t(isCopied ? 'common.copied' : 'common.copy')}
              </Button>
            </div>
          </>
        )}
        <p className="hz-muted">{createdAtMs === null ? t('cal.feedNone') : t('cal.feedSince', { time: clockTime(createdAtMs, wallMs, language) })}</p>
        {error && <ErrorNotice error={error} />}
        <div className="hz-row-wrap">
          <Button type={createdAtMs === null ? 'primary' : 'default'} loading={isWorking} onClick={() => model.createFeed(language === 'en' ? 'en' : 'zh')} data-testid="feed-create">
            {t(createdAtMs === null ? 'cal.feedCreate' : 'cal.feedAgain')}
          </Button>
          {createdAtMs !== null && (
            <Button danger onClick={model.revokeFeed} data-testid="feed-revoke">
              {t('cal.feedRevoke')}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}
