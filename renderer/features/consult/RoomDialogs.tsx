import { Button } from 'antd';
import { useState } from 'react';
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
  // A dialog stays as it was opened: a button that moved under the finger would be another button, or none.
  const [isAskedAsHost, setAskedAsHost] = useState(isHost);
  if (dialog !== 'leave' && isAskedAsHost !== isHost) setAskedAsHost(isHost);
  const count = useConsult((s) => s.participants.length);
  const close = () => onDialog(null);
  return (
    <>
      <ConfirmDialog
        isOpen={dialog === 'leave'}
        title={t('leave.title')}
        text={t(isAskedAsHost ? 'leave.hostText' : 'leave.text', { title })}
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
          isAskedAsHost ? (
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
