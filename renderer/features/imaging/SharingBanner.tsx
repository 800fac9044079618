import { Button } from 'antd';
import { useStore } from 'zustand';
import type { PeerId } from '#shared/domain/ids';
import type { SharingModel } from '../../state/imaging/sharingModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';

export interface SharingBannerProps {
  readonly model: SharingModel;
  readonly nameOf: (peerId: PeerId) => string;
  readonly selfPeerId: PeerId | null;
  readonly isHost: boolean;
  /** An observer looks and does not present. */
  readonly mayPresent: boolean;
  /** The presenter's colour. */
  readonly colour: string | null;
}

/** Who presents, whether one follows, and the ways to change both: always at the same place above the pictures. */
export function SharingBanner({ model, nameOf, selfPeerId, isHost, mayPresent, colour }: SharingBannerProps) {
  const { t } = useText();
  const { presenterPeerId, asking, isPresenterHere, isFollowing, isAway, isSelf, error } = useStore(model.store);
  const name = presenterPeerId === null ? '' : nameOf(presenterPeerId);
  const hasAsked = selfPeerId !== null && asking.includes(selfPeerId);
  const words = isSelf ? t('sharing.youPresent') : presenterPeerId === null ? t('sharing.nobody') : !isPresenterHere ? t('sharing.presenterAway') : isAway ? t('sharing.away', { name }) : t('sharing.following', { name });
  return (
    <div className="im-banner" data-testid="sharing-banner" data-state={isSelf ? 'presenting' : isFollowing ? 'following' : isAway ? 'away' : 'free'}>
      {colour !== null && <span className="im-dot" style={{ background: colour }} />}
      <span role="status" className="hz-grow">
        {words}
      </span>
      {isFollowing && (
        <Button size="small" onClick={model.breakAway} data-testid="sharing-break">
          {t('sharing.breakAway')}
        </Button>
      )}
      {isAway && (
        <Button size="small" type="primary" onClick={model.comeBack} data-testid="sharing-return">
          {t('sharing.return')}
        </Button>
      )}
      {(isSelf || isHost) && asking.filter((peerId) => peerId !== selfPeerId).map((peerId) => (
        <Button key={peerId} size="small" type={isSelf ? 'primary' : 'default'} disabled={!isSelf} title={t('sharing.asks', { name: nameOf(peerId) })} onClick={() => model.giveTo(peerId)} data-testid={`sharing-give-${peerId}`}>
          {t(isSelf ? 'sharing.giveTo' : 'sharing.asks', { name: nameOf(peerId) })}
        </Button>
      ))}
      {isSelf && (
        <Button size="small" onClick={model.stop} data-testid="sharing-stop">
          {t('sharing.stop')}
        </Button>
      )}
      {!isSelf && isHost && presenterPeerId !== null && (
        <Button size="small" onClick={model.takeBack} data-testid="sharing-take-back">
          {t('sharing.takeBack')}
        </Button>
      )}
      {!isSelf && mayPresent && !(isHost && presenterPeerId !== null) && (
        <Button size="small" type={presenterPeerId === null ? 'primary' : 'default'} onClick={hasAsked ? model.unask : model.present} data-testid="sharing-present">
          {t(hasAsked ? 'sharing.unask' : presenterPeerId === null || !isPresenterHere ? 'sharing.present' : 'sharing.ask')}
        </Button>
      )}
      {error && <ErrorNotice error={error} />}
    </div>
  );
}
