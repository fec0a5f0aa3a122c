"""The composition root and shared kernel of NextGenERP."""
