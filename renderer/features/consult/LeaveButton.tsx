import { LogoutOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useText } from '../../ui/text.ts';

/** The cart's way out, at the top; it asks before anything happens. */
export function LeaveButton({ onLeave }: { readonly onLeave: () => void }) {
  const { t } = useText();
  return (
    <Button type="primary" danger icon={<LogoutOutlined />} onClick={onLeave} data-testid="leave-button">
      {t('control.leave')}
    </Button>
  );
}
