import { Modal } from 'antd';
import { useText } from '../../ui/text.ts';

/** The keys, opened with `?`. */
export function HelpOverlay({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const { t } = useText();
  const keys: readonly (readonly [string, string])[] = [
    ['M', t('keys.mute')],
    [t('keys.space'), t('keys.talk')],
    ['V', t('keys.camera')],
    ['S', t('keys.share')],
    ['H', t('keys.hand')],
    ['1  2  3', t('keys.layout')],
    ['F', t('keys.fullscreen')],
    ['P', t('keys.pin')],
    ['?', t('keys.help')],
  ];
  return (
    <Modal open={isOpen} onCancel={onClose} footer={null} title={t('keys.title')} width={480} centered destroyOnHidden>
      <dl className="cr-keys" data-testid="help-overlay">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="hz-muted">{t('keys.note')}</p>
    </Modal>
  );
}
