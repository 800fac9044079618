import { Button, Modal } from 'antd';
import { useText } from '../../ui/text.ts';

/** Said when the system would not open a second window. */
export function PopUpRefused({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const { t } = useText();
  return (
    <Modal open={isOpen} onCancel={onClose} title={t('tile.popOut')} centered footer={<Button onClick={onClose}>{t('common.dismiss')}</Button>}>
      {t('tile.popBlocked')}
    </Modal>
  );
}
