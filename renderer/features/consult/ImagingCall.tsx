import { ScanOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useStore } from 'zustand';
import { shortName } from '../../i18n/format.ts';
import { useText } from '../../ui/text.ts';
import { useConsult } from './roomContext.ts';
import type { RoomImaging } from './Room.tsx';

/** Somebody presents images: nothing moves by itself, looking along is one press away. */
export function ImagingCall({ sharing, onLook }: { readonly sharing: RoomImaging['sharing']; readonly onLook: () => void }) {
  const { t, language } = useText();
  const { presenterPeerId, isSelf } = useStore(sharing);
  const presenter = useConsult((s) => s.participants.find(({ peerId }) => peerId === presenterPeerId)?.party ?? null);
  if (presenter === null || isSelf) return null;
  return (
    <div className="cr-imaging-call" role="status" data-testid="imaging-call">
      <ScanOutlined />
      <span>{t('sharing.presentedBy', { name: shortName(presenter, language) })}</span>
      <Button type="primary" onClick={onLook} data-testid="imaging-look">
        {t('sharing.look')}
      </Button>
    </div>
  );
}
