import { DisconnectOutlined, LoadingOutlined } from '@ant-design/icons';
import { duration } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useConsult } from './roomContext.ts';

/** From when on waiting is not the best advice any more, in ms. */
const LONG_MS = 15_000;

/** The reconnect ladder in plain words. It lies over the picture's edge: nothing under the finger moves when it comes or goes. */
export function LinkBanner() {
  const { t, language } = useText();
  const link = useConsult((s) => s.link);
  const isDown = link.step !== 'connected';
  const { monotonicMs } = useNow(1000, isDown);
  const lastsMs = link.sinceMs === null ? 0 : monotonicMs - link.sinceMs;
  const step = lastsMs >= LONG_MS ? 'failed' : link.step;
  return (
    <div className="cr-link" role="status" data-testid="link-banner" data-step={link.step} hidden={!isDown}>
      {isDown && (
        <>
          {step === 'failed' ? <DisconnectOutlined /> : <LoadingOutlined />}
          <span className="hz-grow">{t(`link.${step}`)}</span>
          <span className="cr-link-detail" aria-hidden="true">
            {link.attempt > 1 && t('link.attempt', { count: link.attempt })} {lastsMs >= 1000 && t('link.since', { duration: duration(lastsMs, language) })}
          </span>
        </>
      )}
    </div>
  );
}
