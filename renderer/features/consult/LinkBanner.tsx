import { DisconnectOutlined, LoadingOutlined } from '@ant-design/icons';
import { duration } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useConsult } from './roomContext.ts';

/** The reconnect ladder in plain words. It lies over the picture's edge: nothing under the finger moves when it comes or goes. */
export function LinkBanner() {
  const { t, language } = useText();
  const link = useConsult((s) => s.link);
  const isDown = link.step !== 'connected';
  const { monotonicMs } = useNow(1000, isDown);
  return (
    <div className="cr-link" role="status" data-testid="link-banner" data-step={link.step} hidden={!isDown}>
      {isDown && (
        <>
          {link.step === 'failed' ? <DisconnectOutlined /> : <LoadingOutlined />}
          <span className="hz-grow">{t(`link.${link.step}`)}</span>
          <span className="cr-link-detail" aria-hidden="true">
            {link.attempt > 1 && t('link.attempt', { count: link.attempt })} {link.sinceMs !== null && monotonicMs - link.sinceMs >= 1000 && t('link.since', { duration: duration(monotonicMs - link.sinceMs, language) })}
          </span>
        </>
      )}
    </div>
  );
}
