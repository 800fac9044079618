import { Button, Modal } from 'antd';
import type { ReactNode } from 'react';
import { useText } from '../text.ts';

export interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  readonly text: ReactNode;
  readonly confirmLabel: string;
  readonly cancelLabel?: string;
  readonly isDangerous?: boolean;
  /** Not yet: the text says what is waited for. */
  readonly isConfirmOff?: boolean;
  readonly confirmTestId?: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly extra?: ReactNode;
}

/** Asks before something that cannot be taken back; the title names its object. Enter keeps things as they are: cancel has the focus. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { t } = useText();
  return (
    <Modal
      open={props.isOpen}
      title={props.title}
      onCancel={props.onCancel}
      centered
      closable={false}
      width={440}
      destroyOnHidden
      footer={
        <div className="hz-row-wrap" style={{ justifyContent: 'flex-end' }}>
          {props.extra}
          <Button autoFocus size="large" onClick={props.onCancel}>
            {props.cancelLabel ?? t('common.cancel')}
          </Button>
          <Button type="primary" size="large" danger={props.isDangerous ?? false} disabled={props.isConfirmOff ?? false} onClick={props.onConfirm} data-testid={props.confirmTestId}>
            {props.confirmLabel}
          </Button>
        </div>
      }
    >
      {props.text}
    </Modal>
  );
}
