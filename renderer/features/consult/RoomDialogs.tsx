import { Button } from 'antd';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { useText } from '../../ui/text.ts';
import { HelpOverlay } from './HelpOverlay.tsx';
import { useConsult, useRoom } from './roomContext.ts';

export type RoomDialog = 'leave' | 'end' | 'help' | null;

/** What the room asks before it lets go. */
export function RoomDialogs({ dialog, onDialog }: { readonly dialog: RoomDialog; readonly onDialog: (dialog: RoomDialog) => void }) {
  const { t } = useText();
  const { model } = useRoom();
  const title = useConsult((s) => s.title);
  const isHost = useConsult((s) => s.isHost);
  const count = useConsult((s) => s.participants.length);
  const close = () => onDialog(null);
  return (
    <>
      <ConfirmDialog
        isOpen={dialog === 'leave'}
        title={t('leave.title')}
        text={t(isHost ? 'leave.hostText' : 'leave.text', { title })}
        confirmLabel={t('leave.confirm')}
        cancelLabel={t('leave.stay')}
        isDangerous
        confirmTestId="leave-confirm"
        onConfirm={() => {
          close();
          model.leave();
        }}
        onCancel={close}
        extra={
          isHost ? (
            <Button danger size="large" onClick={() => onDialog('end')} data-testid="leave-end-all">
              {t('control.endAll')}
            </Button>
          ) : undefined
        }
      />
      <ConfirmDialog
        isOpen={dialog === 'end'}
        title={t('end.title')}
        text={t('end.text', { title, count })}
        confirmLabel={t('end.confirm')}
        isDangerous
        confirmTestId="end-confirm"
        onConfirm={() => {
          close();
          model.endForAll();
        }}
        onCancel={close}
      />
      <HelpOverlay isOpen={dialog === 'help'} onClose={close} />
    </>
  );
}
