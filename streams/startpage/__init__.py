"""The worker's own pages: a first look without Grafana. Pure: a view goes in, HTML comes out.

    view -> look (one measure) -> alerts, coverage, strata, quadrant, funnel, gap, health -> page, alert_page

Only `markup` writes a tag, so everything from outside is escaped. There is no script and nothing is loaded.
Neither does a page load itself anew: verdicts move once a day, and a reload throws a reader back to the top.
"""

from streams.startpage.alert_page import absent_page, alert_page
from streams.startpage.frame import STYLE_SOURCE, Site
from streams.startpage.page import start_page

__all__ = ["STYLE_SOURCE", "Site", "absent_page", "alert_page", "start_page"]
