"""``python -m finetouch`` is the command ``finetouch``."""

from finetouch.cli.main import main

if __name__ == "__main__":
    main()
