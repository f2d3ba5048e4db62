"""A preview of the boards for a human eye, made without Grafana: their JSON, a Prometheus, a page of SVG.

It shows whether the data, the units, the limits and the layout are what they should be; it is not what
Grafana draws. Plain SVG by the standard library: there is nothing to install and nothing to keep up to date.

    reading -> interpolation -> asking        what is asked, and what comes back
    looks  units  tables                      how a field looks, how a value reads, transformations
    axes -> courses, points, bands, figures   one file a kind of panel
    page                                      a board as one page
"""
