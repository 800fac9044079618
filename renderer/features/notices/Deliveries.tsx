import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, DesktopOutlined, MailOutlined, MinusCircleOutlined, NotificationOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { DeliveryChannel } from '#shared/domain/delivery';
import { consultIdSchema, consultRequestIdSchema } from '#shared/domain/ids';
import type { DeliveryRecord, NoticeAbout } from '#shared/protocol/notices';
import { clockTime, shortName } from '../../i18n/format.ts';
import { type DeliveriesModel, isLost } from '../../state/requests/deliveriesModel.ts';
import { matterOf } from '../../state/requests/noticesModel.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import './notices.css';

const CHANNEL_ICONS: Readonly<Record<DeliveryChannel, ReactNode>> = { client: <DesktopOutlined />, email: <MailOutlined />, webhook: <NotificationOutlined /> };
/** Rows before somebody asks for all. */
const SHORT = 8;

/** How far one notice came, in a word. */
function fateOf(one: DeliveryRecord, time: (ms: number) => string, t: Translate): { readonly tone: Tone; readonly icon: ReactNode; readonly text: string } {
  if (one.channel === 'client') {
    return one.doneAtMs === null ? { tone: 'neutral', icon: <ClockCircleOutlined />, text: t('deliveries.unseen') } : { tone: 'good', icon: <CheckCircleOutlined />, text: t('deliveries.seen', { time: time(one.doneAtMs) }) };
  }
  const why = one.reason === null ? '' : t(`deliveries.reason.${one.reason}`);
  switch (one.state) {
    case 'sent':
      return { tone: 'good', icon: <CheckCircleOutlined />, text: t('deliveries.sent', { time: one.doneAtMs === null ? '' : time(one.doneAtMs) }) };
    case 'waiting':
      return { tone: 'caution', icon: <ClockCircleOutlined />, text: why === '' ? t('deliveries.waiting') : t('deliveries.waitingWhy', { why }) };
    case 'failed':
    case 'givenUp':
      return isLost(one) ? { tone: 'bad', icon: <CloseCircleOutlined />, text: t('deliveries.lost', { why }) } : { tone: 'neutral', icon: <MinusCircleOutlined />, text: t('deliveries.notSent', { why }) };
  }
}

/** Who was told what of a request or a session, by which way, and whether it reached them; what was lost first. */
export function Deliveries({ model, about, isOnline }: { readonly model: DeliveriesModel; readonly about: NoticeAbout; readonly isOnline: boolean }) {
  const { t, language } = useText();
  const { deliveries, channels, error } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  const [isLong, setLong] = useState(false);
  // By its id: whoever shows it may name the same thing anew each time.
  const matter = matterOf(about);
  const { type } = about;
  useEffect(() => {
    model.open(type === 'request' ? { type, requestId: consultRequestIdSchema.parse(matter) } : { type, consultId: consultIdSchema.parse(matter) });
    return () => model.close();
  }, [model, type, matter]);
  const time = (ms: number) => clockTime(ms, wallMs, language);
  const all = [...(deliveries ?? [])].sort((a, b) => Number(isLost(b)) - Number(isLost(a)));
  const lost = all.filter(isLost).length;
  return (
    <div className="nt-deliveries" data-testid="deliveries">
      <div className="hz-row-wrap">
        <span className="hz-grow hz-muted hz-small">
          {deliveries !== null && t('deliveries.ways', { ways: channels.map((channel) => t(`deliveries.channel.${channel}`)).join(t('common.listComma')) })}
        </span>
        <Button size="small" icon={<ReloadOutlined />} disabled={!isOnline} onClick={model.refresh}>{t('common.refresh')}</Button>
      </div>
      {error && <ErrorNotice error={error} action={<Button onClick={model.refresh}>{t('common.retry')}</Button>} />}
      {lost > 0 && <p className="nt-lost" role="status">{t('deliveries.lostCount', { count: lost })}</p>}
      {deliveries === null && error === null && <p role="status">{t('common.loading')}</p>}
      {deliveries?.length === 0 && <p className="hz-muted">{t('deliveries.none')}</p>}
      <ul>
        {(isLong ? all : all.slice(0, Math.max(SHORT, lost))).map((one, index) => {
          const fate = fateOf(one, time, t);
          return (
            <li key={`${one.madeAtMs}-${one.kind}-${one.to.id}-${one.channel}-${index}`} data-testid={`delivery-${one.to.id}-${one.channel}-${one.kind}`}>
              <span className="nt-way" title={t(`deliveries.channel.${one.channel}`)}>
                {CHANNEL_ICONS[one.channel]} <span className="hz-hidden">{t(`deliveries.channel.${one.channel}`)}</span>
              </span>
              <span className="hz-grow">
                {shortName(one.to, language)} · {t(`noticeKind.${one.kind}`)}
                <small className="hz-muted">
                  {time(one.madeAtMs)}
                  {one.addressMasked !== null && ` · ${one.addressMasked}`}
                </small>
              </span>
              <Chip tone={fate.tone} icon={fate.icon}>{fate.text}</Chip>
            </li>
          );
        })}
      </ul>
      {!isLong && all.length > Math.max(SHORT, lost) && (
        <Button size="small" onClick={() => setLong(true)} data-testid="all-deliveries">{t('deliveries.all', { count: all.length })}</Button>
      )}
    </div>
  );
}
