import { CloseOutlined, CrownOutlined, DisconnectOutlined, InfoCircleOutlined, PhoneOutlined, SoundOutlined, WarningOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useStore } from 'zustand';
import type { SourceId } from '#shared/domain/ids';
import { fullName } from '../../i18n/format.ts';
import type { RoomNotice } from '../../state/consultModel.ts';
import { useClock, useText } from '../../ui/text.ts';
import { HandIcon } from './HandIcon.tsx';
import { useConsult, useRoom } from './roomContext.ts';
import { isCamera } from './roomView.ts';

const STAYS_MS = 6000;
const SHOWN = 4;

/** What needs an answer stays until it has one (a cart's call for help while it lasts); the rest goes by itself. */
function needsAnswer(notice: RoomNotice): boolean {
  return notice.kind === 'unmuteAsked' || notice.kind === 'error' || (notice.kind === 'deviceLost' && notice.isOwn);
}

/** What happened in the room, newest last, read out politely. */
export function Notices() {
  const { t } = useText();
  const notices = useConsult((s) => s.notices);
  return (
    <div className="cr-notices" role="region" aria-label={t('notice.region')} aria-live="polite" data-testid="notices">
      {notices.slice(-SHOWN).map((notice) => (
        <Notice key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Notice({ notice }: { readonly notice: RoomNotice }) {
  const { t, language } = useText();
  const { model } = useRoom();
  const clock = useClock();
  const isStillCalling = useConsult((s) => notice.kind === 'handRaised' && s.participants.some((participant) => participant.party.id === notice.party.id && participant.isHandRaised));
  const stays = notice.kind === 'handRaised' ? notice.party.kind === 'cart' && isStillCalling : needsAnswer(notice);
  useEffect(() => (stays ? undefined : clock.after(STAYS_MS, () => model.dismissNotice(notice.id))), [clock, model, notice.id, stays]);

  const [icon, text, isCaution] = ((): readonly [ReactNode, string, boolean] => {
    switch (notice.kind) {
      case 'joined':
      case 'left':
        return [<InfoCircleOutlined key="i" />, t(`notice.${notice.kind}`, { name: fullName(notice.party, language) }), false];
      case 'handRaised':
        // A cart's button says «call for help», and so must what the others see.
        if (notice.party.kind === 'cart') return [<PhoneOutlined key="i" />, t('notice.helpCalled', { name: fullName(notice.party, language) }), true];
        return [<HandIcon key="i" />, t('notice.handRaised', { name: fullName(notice.party, language) }), false];
      case 'becameHost':
        return [<CrownOutlined key="i" />, t('notice.becameHost', { name: fullName(notice.party, language) }), false];
      case 'youAreHost':
        return [<CrownOutlined key="i" />, t('notice.youAreHost'), false];
      case 'mutedByHost':
      case 'unmuteAsked':
        return [<SoundOutlined key="i" />, t(`notice.${notice.kind}`), true];
      case 'deviceLost':
        return [<DisconnectOutlined key="i" />, notice.isOwn ? t('notice.ownDeviceLost', { label: notice.label }) : t('notice.deviceLost', { name: fullName(notice.party, language), label: notice.label }), true];
      case 'deviceRestored':
        return [<InfoCircleOutlined key="i" />, notice.isOwn ? t('notice.ownDeviceRestored', { label: notice.label }) : t('notice.deviceRestored', { name: fullName(notice.party, language), label: notice.label }), false];
      case 'error':
        return [<WarningOutlined key="i" />, t(`error.${notice.error.code}`), true];
    }
  })();

  return (
    <div className="cr-notice" data-kind={notice.kind} data-tone={isCaution ? 'caution' : 'quiet'} data-testid={`notice-${notice.kind}`}>
      <span className="cr-notice-icon">{icon}</span>
      <div className="hz-grow">
        <p>{text}</p>
        {notice.kind === 'unmuteAsked' && (
          <Button
            type="primary"
            onClick={() => {
              model.setMuted(false);
              model.dismissNotice(notice.id);
            }}
            data-testid="unmute-asked"
          >
            {t('notice.unmuteAction')}
          </Button>
        )}
        {notice.kind === 'deviceLost' && notice.isOwn && <Replacements notice={notice} />}
      </div>
      <Button type="text" icon={<CloseOutlined />} aria-label={t('common.dismissNotice')} onClick={() => model.dismissNotice(notice.id)} />
    </div>
  );
}

/** Devices that could take the lost one's place: of its kind, and not behind another source already. */
function Replacements({ notice }: { readonly notice: Extract<RoomNotice, { readonly sourceId: SourceId }> }) {
  const { t } = useText();
  const { model, devices } = useRoom();
  const ownSources = useConsult((s) => s.ownSources);
  const state = useStore(devices.store);
  const lost = ownSources.find((source) => source.sourceId === notice.sourceId);
  useEffect(() => devices.refresh(), [devices]);
  if (lost?.state !== 'deviceLost') return null;
  const used = new Set(ownSources.filter((source) => source.state === 'live').map((source) => source.label));
  const offered = (isCamera(lost.profile) ? state.cameras : state.microphones).filter((device) => !used.has(device.label) && device.label !== notice.label);
  if (offered.length === 0) return <p className="hz-muted">{t('notice.noReplacement')}</p>;
  return (
    <div className="hz-row-wrap">
      {offered.slice(0, 3).map((device) => (
        <Button
          key={device.deviceId}
          onClick={() => {
            model.replaceDevice(notice.sourceId, device.deviceId);
            model.dismissNotice(notice.id);
          }}
          data-testid={`replace-${device.deviceId}`}
        >
          {t('notice.replaceWith', { label: device.label })}
        </Button>
      ))}
    </div>
  );
}
